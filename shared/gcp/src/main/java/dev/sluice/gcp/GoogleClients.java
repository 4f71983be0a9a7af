package dev.sluice.gcp;

import com.google.api.gax.batching.BatchingSettings;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.cloud.NoCredentials;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.storage.v1.BaseBigQueryReadClient;
import com.google.cloud.bigquery.storage.v1.BaseBigQueryReadSettings;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteClient;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteSettings;
import com.google.cloud.http.HttpTransportOptions;
import com.google.cloud.pubsub.v1.TopicAdminClient;
import com.google.cloud.pubsub.v1.stub.PublisherStubSettings;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import com.google.cloud.storage.StorageRetryStrategy;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Unavailable;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The one place that makes Google's clients, and the only one that knows of emulators: Google's
 * Java clients do not look at the {@code *_EMULATOR_HOST} variables by themselves.
 *
 * <p>A port costs nothing until it is used; its client is made by the first request, once, and
 * shared by all threads. Nothing waits in a buffer between calls, so {@link #close} only frees
 * connections; a function needs not call it.
 */
public final class GoogleClients implements AutoCloseable {
  /** A frozen instance wakes up with connections that may be dead; these find out. */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

  private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(2);
  private static final int LARGEST_ANSWER = 128 << 20;

  private final CloudConfiguration configuration;
  private final Backoff backoff;
  private final Clock clock;
  private final Lazy<Storage> storage = new Lazy<>(this::makeStorage);
  private final Lazy<BigQuery> bigquery = new Lazy<>(this::makeBigQuery);
  private final Lazy<TopicAdminClient> topics = new Lazy<>(this::makeTopics);

  /**
   * A {@code BigQueryWriteClient}, which is not named here nor in a method reference: functions
   * without BigQuery's Storage API do not carry that class, and must start all the same.
   */
  private final Lazy<AutoCloseable> writeClient = new Lazy<>(() -> makeWriteClient());

  private final Lazy<StorageRowWriter> rowWriter = new Lazy<>(this::makeRowWriter);

  /** A {@code BaseBigQueryReadClient}, unnamed for the same reason. */
  private final Lazy<AutoCloseable> readClient = new Lazy<>(() -> makeReadClient());

  private final Lazy<ManagedChannel> plainChannel = new Lazy<>(this::makePlainChannel);
  private final Lazy<ManagedChannel> plainStorage = new Lazy<>(this::makePlainStorage);
  private final Lazy<AirflowClient> airflow = new Lazy<>(this::makeAirflow);

  public GoogleClients(CloudConfiguration configuration) {
    this(configuration, Backoff.ofDefaults(), Clock.systemUTC());
  }

  /**
   * Clients with another patience or time.
   *
   * @param clock gives {@code updated_at} of facts
   */
  public GoogleClients(CloudConfiguration configuration, Backoff backoff, Clock clock) {
    this.configuration = configuration;
    this.backoff = backoff;
    this.clock = clock;
  }

  /** Cloud Storage. */
  public ObjectStore objects() {
    return new CloudObjectStore(storage);
  }

  /**
   * BigQuery, where a fact for {@code batches} is appended to the table {@code batches_log}.
   *
   * @param dataset such as {@code sluice}
   */
  public Facts facts(String dataset) {
    return facts(dataset, table -> table + "_log");
  }

  /**
   * BigQuery.
   *
   * @param physicalTable the table that keeps the facts of a name
   */
  public Facts facts(String dataset, UnaryOperator<String> physicalTable) {
    return new BigQueryFacts(bigquery, dataset, physicalTable, backoff, clock);
  }

  /** BigQuery's query jobs. */
  public Queries queries(String dataset) {
    return new BigQueryQueries(bigquery, dataset, backoff);
  }

  /**
   * BigQuery's Storage Write API. The same object for every caller, as callers share requests. A
   * function that uses it names google-cloud-bigquerystorage and its messages in its pom.
   */
  public RowWriter rows() {
    return rowWriter.get();
  }

  /**
   * BigQuery's tables at a moment. A function that uses it names google-cloud-bigquerystorage and
   * its messages in its pom.
   *
   * @param dataset where results of queries are kept for a while
   */
  public Tables tables(String dataset) {
    return new BigQueryTables(
        bigquery,
        () -> (BaseBigQueryReadClient) readClient.get(),
        configuration.project(),
        dataset,
        backoff);
  }

  /** Pub/Sub. */
  public Messages messages() {
    return new PubSubMessages(topics, configuration.project());
  }

  /**
   * Composer. A function that uses it names google-cloud-orchestration-airflow and its messages in
   * its pom, as where only the environment's name is configured, Airflow's address is looked up.
   *
   * @throws BadInput where neither address nor environment is configured
   */
  public Composer composer() {
    return airflow.get();
  }

  private Storage makeStorage() {
    var options =
        StorageOptions.http()
            .setProjectId(configuration.project())
            .setRetrySettings(backoff.settings())
            .setStorageRetryStrategy(StorageRetryStrategy.getUniformStorageRetryStrategy())
            .setTransportOptions(transport());
    if (configuration.storageHost() != null) {
      options.setHost(configuration.storageHost()).setCredentials(NoCredentials.getInstance());
    }
    return options.build().getService();
  }

  private BigQuery makeBigQuery() {
    BigQueryOptions.Builder options =
        BigQueryOptions.newBuilder()
            .setProjectId(configuration.project())
            .setRetrySettings(backoff.settings())
            .setTransportOptions(transport());
    if (configuration.bigqueryHost() != null) {
      options.setHost(configuration.bigqueryHost()).setCredentials(NoCredentials.getInstance());
    }
    return options.build().getService();
  }

  private static HttpTransportOptions transport() {
    return HttpTransportOptions.newBuilder()
        .setConnectTimeout(10_000)
        .setReadTimeout(60_000)
        .build();
  }

  private TopicAdminClient makeTopics() {
    PublisherStubSettings.Builder settings = PublisherStubSettings.newBuilder();
    settings
        .publishSettings()
        .setBatchingSettings(BatchingSettings.newBuilder().setIsEnabled(false).build())
        .setRetrySettings(backoff.settings());
    if (configuration.pubsubHost() != null) {
      settings.setTransportChannelProvider(
          FixedTransportChannelProvider.create(GrpcTransportChannel.create(plainChannel.get())));
      settings.setCredentialsProvider(NoCredentialsProvider.create());
    }
    try {
      return TopicAdminClient.create(settings.build().createStub());
    } catch (IOException e) {
      throw new Unavailable(
          "no Pub/Sub client: "
              + e.getMessage()
              + "; run as a service account or log in with gcloud",
          e);
    }
  }

  private ManagedChannel makePlainChannel() {
    return ManagedChannelBuilder.forTarget(configuration.pubsubHost()).usePlaintext().build();
  }

  private StorageRowWriter makeRowWriter() {
    return new StorageRowWriter(
        () -> (BigQueryWriteClient) writeClient.get(), configuration.project(), backoff);
  }

  private BigQueryWriteClient makeWriteClient() {
    BigQueryWriteSettings.Builder settings = BigQueryWriteSettings.newBuilder();
    settings.getWriteStreamSettings().setRetrySettings(backoff.settings());
    try {
      if (configuration.bigqueryStorageHost() != null) {
        settings.setTransportChannelProvider(
            FixedTransportChannelProvider.create(GrpcTransportChannel.create(plainStorage.get())));
        settings.setCredentialsProvider(NoCredentialsProvider.create());
      } else {
        settings.setTransportChannelProvider(
            BigQueryWriteSettings.defaultGrpcTransportProviderBuilder()
                .setKeepAliveTimeDuration(KEEP_ALIVE)
                .setKeepAliveTimeoutDuration(KEEP_ALIVE_TIMEOUT)
                .build());
      }
      return BigQueryWriteClient.create(settings.build());
    } catch (IOException e) {
      throw new Unavailable(
          "no client for BigQuery's rows: "
              + e.getMessage()
              + "; run as a service account or log in with gcloud",
          e);
    }
  }

  private BaseBigQueryReadClient makeReadClient() {
    BaseBigQueryReadSettings.Builder settings = BaseBigQueryReadSettings.newBuilder();
    settings.createReadSessionSettings().setRetrySettings(backoff.settings());
    // What breaks is made anew by the reader, where it broke and at its own patience; so the client
    // that does that by itself, for a day and with one more library, is not needed.
    settings
        .readRowsSettings()
        .setRetrySettings(
            settings.readRowsSettings().getRetrySettings().toBuilder().setMaxAttempts(1).build())
        .setWaitTimeoutDuration(LONGEST_SILENCE);
    try {
      if (configuration.bigqueryStorageHost() != null) {
        settings.setTransportChannelProvider(
            FixedTransportChannelProvider.create(GrpcTransportChannel.create(plainStorage.get())));
        settings.setCredentialsProvider(NoCredentialsProvider.create());
      } else {
        settings.setTransportChannelProvider(
            BaseBigQueryReadSettings.defaultGrpcTransportProviderBuilder()
                .setKeepAliveTimeDuration(KEEP_ALIVE)
                .setKeepAliveTimeoutDuration(KEEP_ALIVE_TIMEOUT)
                .build());
      }
      return BaseBigQueryReadClient.create(settings.build());
    } catch (IOException e) {
      throw new Unavailable(
          "no client for BigQuery's tables: "
              + e.getMessage()
              + "; run as a service account or log in with gcloud",
          e);
    }
  }

  private ManagedChannel makePlainStorage() {
    return ManagedChannelBuilder.forTarget(configuration.bigqueryStorageHost())
        .usePlaintext()
        .maxInboundMessageSize(LARGEST_ANSWER)
        .build();
  }

  private AirflowClient makeAirflow() {
    AirflowAddress address = airflowAddress();
    String user = configuration.composerUser();
    String password = configuration.composerPassword();
    return user == null || password == null
        ? AirflowClient.withGoogleTokens(address, backoff)
        : AirflowClient.withPassword(address, user, password, backoff);
  }

  private AirflowAddress airflowAddress() {
    String url = configuration.composerUrl();
    if (url != null) {
      return new AirflowAddress.Fixed(url);
    }
    String environment = configuration.composerEnvironment();
    if (environment == null) {
      throw new BadInput(
          "no address of Composer is configured; set COMPOSER_URL or COMPOSER_ENVIRONMENT");
    }
    return new ComposerEnvironment(
        environment, configuration.composerHost(), /* pause= */ backoff.longest());
  }

  @Override
  public void close() {
    TopicAdminClient madeTopics = topics.made();
    if (madeTopics != null) {
      madeTopics.close();
    }
    StorageRowWriter madeWriter = rowWriter.made();
    if (madeWriter != null) {
      madeWriter.close();
    }
    if (writeClient.made() instanceof BigQueryWriteClient madeWriteClient) {
      madeWriteClient.close();
    }
    if (readClient.made() instanceof BaseBigQueryReadClient madeReadClient) {
      madeReadClient.close();
    }
    shutdown(plainChannel.made());
    shutdown(plainStorage.made());
    AirflowClient madeAirflow = airflow.made();
    if (madeAirflow != null) {
      madeAirflow.close();
    }
    Storage madeStorage = storage.made();
    if (madeStorage != null) {
      try {
        madeStorage.close();
      } catch (Exception e) {
        throw new Unavailable("could not close the Cloud Storage client: " + e.getMessage(), e);
      }
    }
  }

  private static void shutdown(@Nullable ManagedChannel channel) {
    if (channel == null) {
      return;
    }
    channel.shutdown();
    try {
      if (!channel.awaitTermination(5, TimeUnit.SECONDS)) {
        channel.shutdownNow();
      }
    } catch (InterruptedException e) {
      channel.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
