package dev.sluice.gcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublishResponse;
import com.google.pubsub.v1.PubsubMessage;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import io.grpc.ManagedChannelProvider;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PubSubMessagesTest {
  private final List<PublishRequest> requests = new CopyOnWriteArrayList<>();
  private final Deque<Status> failures = new ArrayDeque<>();
  private Server server;
  private GoogleClients clients;

  @BeforeEach
  void start() throws IOException {
    MethodDescriptor<PublishRequest, PublishResponse> publish =
        MethodDescriptor.<PublishRequest, PublishResponse>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("google.pubsub.v1.Publisher/Publish")
            .setRequestMarshaller(ProtoUtils.marshaller(PublishRequest.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(PublishResponse.getDefaultInstance()))
            .build();
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .maxInboundMessageSize(20_000_000)
            .addService(
                ServerServiceDefinition.builder("google.pubsub.v1.Publisher")
                    .addMethod(
                        publish,
                        ServerCalls.asyncUnaryCall((request, answer) -> {
                          Status failure = failures.poll();
                          requests.add(request);
                          if (failure != null) {
                            answer.onError(failure.asRuntimeException());
                            return;
                          }
                          PublishResponse.Builder ids = PublishResponse.newBuilder();
                          for (PubsubMessage message : request.getMessagesList()) {
                            ids.addMessageIds("id-" + message.getData().size());
                          }
                          answer.onNext(ids.build());
                          answer.onCompleted();
                        }))
                    .build())
            .build()
            .start();
    clients =
        new GoogleClients(
            new CloudConfiguration(
                "test", null, "127.0.0.1:" + server.getPort(), null, null, null, null, null),
            new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(1500)),
            Clock.systemUTC());
  }

  @AfterEach
  void stop() {
    clients.close();
    server.shutdownNow();
  }

  @Test
  void publishesAndAnswersWithTheId() {
    String id = clients.messages().publish("sluice-rows", "abc".getBytes(UTF_8), Map.of("k", "v"));

    assertThat(id).isEqualTo("id-3");
    assertThat(requests.getFirst().getTopic()).isEqualTo("projects/test/topics/sluice-rows");
    assertThat(requests.getFirst().getMessages(0).getAttributesMap()).containsEntry("k", "v");
  }

  @Test
  void manyMessagesKeepTheirOrderInFewRequests() {
    List<Messages.Message> many = new ArrayList<>();
    for (int i = 0; i < 1500; i++) {
      many.add(new Messages.Message(new byte[i], Map.of()));
    }

    List<String> ids = clients.messages().publishAll("projects/p/topics/t", many);

    assertThat(requests).hasSize(2);
    assertThat(requests.getFirst().getTopic()).isEqualTo("projects/p/topics/t");
    assertThat(ids).hasSize(1500).startsWith("id-0", "id-1").endsWith("id-1499");
  }

  @Test
  void largeMessagesAreSpreadOverRequests() {
    Messages.Message large = new Messages.Message(new byte[4_000_000], Map.of());

    clients.messages().publishAll("t", List.of(large, large, large));

    assertThat(requests).hasSize(2);
  }

  @Test
  void nothingToPublishAsksNothing() {
    assertThat(clients.messages().publishAll("t", List.of())).isEmpty();
    assertThat(requests).isEmpty();
  }

  @Test
  void theClassPathHasOneTransport() {
    assertThat(ServiceLoader.load(ManagedChannelProvider.class))
        .allSatisfy(provider ->
            assertThat(provider.getClass().getPackageName()).isEqualTo("io.grpc.netty"));
  }

  @Test
  void aPassingFailureIsTriedAgain() {
    failures.addAll(List.of(Status.UNAVAILABLE, Status.RESOURCE_EXHAUSTED));

    assertThat(clients.messages().publish("t", new byte[1], Map.of())).isEqualTo("id-1");
    assertThat(requests).hasSize(3);
  }

  @Test
  void aServerThatStaysAwayEndsAsUnavailable() {
    server.shutdownNow();

    assertThatThrownBy(() -> clients.messages().publish("t", new byte[1], Map.of()))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("projects/test/topics/t");
  }

  @Test
  void anAbsentTopicIsABugAndIsNamed() {
    failures.add(Status.NOT_FOUND.withDescription("Resource not found"));

    assertThatThrownBy(() -> clients.messages().publish("nope", new byte[1], Map.of()))
        .isInstanceOf(Bug.class)
        .hasMessageContaining("projects/test/topics/nope")
        .hasMessageContaining("create the topic");
    assertThat(requests).hasSize(1);
  }
}
