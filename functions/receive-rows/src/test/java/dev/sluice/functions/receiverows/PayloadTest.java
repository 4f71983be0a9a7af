package dev.sluice.functions.receiverows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.sluice.contracts.BadInput;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.example.BytesList;
import org.tensorflow.example.Example;
import org.tensorflow.example.Feature;
import org.tensorflow.example.Features;
import org.tensorflow.example.Int64List;

class PayloadTest {
  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Example example(String name, int bytes) {
    return Example.newBuilder()
        .setFeatures(
            Features.newBuilder()
                .putFeature(
                    name,
                    Feature.newBuilder()
                        .setBytesList(
                            BytesList.newBuilder().addValue(ByteString.copyFrom(new byte[bytes])))
                        .build())
                .putFeature(
                    "n",
                    Feature.newBuilder().setInt64List(Int64List.newBuilder().addValue(7)).build()))
        .build();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"a\":1,\"b\":\"text\",\"c\":true,\"d\":null,\"e\":-1.5e3}",
        " \n\t{\"a\":[1,2,\"x\",true]}\n",
        "{\"a\":{\"b\":{\"c\":[]}}}",
        "{\"a\":\"\uFFFD and \\u0000 and \\ud83d\\ude00\"}"
      })
  void aJsonObjectIsKeptAsItWasSent(String text) {
    assertThat(Payload.of(utf8(text))).isEqualTo(new Payload("json", text));
  }

  @Test
  void aByteOrderMarkIsLeftOut() {
    assertThat(Payload.of(utf8("\uFEFF{\"a\":1}"))).isEqualTo(new Payload("json", "{\"a\":1}"));
  }

  @Test
  void aTensorFlowExampleIsKeptInBase64() {
    byte[] data = example("price", 10).toByteArray();
    assertThat(Payload.of(data))
        .isEqualTo(new Payload("example", Base64.getEncoder().encodeToString(data)));
  }

  /** The second byte of a tf.Example is its length: of 123 bytes it looks as "\n{" does. */
  @Test
  void anExampleThatBeginsLikeJsonIsAnExample() {
    byte[] data = null;
    for (int bytes = 60; data == null || data[1] != '{'; bytes++) {
      data = example("x", bytes).toByteArray();
    }
    assertThat(new String(data, 0, 2, StandardCharsets.UTF_8)).isEqualTo("\n{");
    assertThat(Payload.of(data).format()).isEqualTo("example");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1]|neither a JSON object nor a serialized tf.Example",
        "hello|neither a JSON object nor a serialized tf.Example",
        "{\"a\":1} {\"b\":2}|something follows the message's JSON object",
        "{} x|something follows",
        "{\"a\":1|ends too early",
        "{\"a\":[1,{\"b\":2}]}|the list at $.a[1] holds an object",
        "{\"a\":[1,null]}|the list at $.a[1] holds null; a list may hold texts",
        "{\"a\":[[1]]}|the list at $.a[0] holds a list",
        "{\"a\":1,\"a\":2}|the member $.a is there twice",
        "{\"a\":1e999}|the number at $.a is beyond what a double holds",
        "{\"\":1}|has no name",
        "{'a':1}|not a JSON object",
        "{\"a\":NaN}|not a JSON object",
        "{a:1}|not a JSON object"
      })
  void whatIsNoExampleIsRefusedWithItsPlace(String text, String reason) {
    assertThatThrownBy(() -> Payload.of(utf8(text)))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(reason);
  }

  @Test
  void anEmptyMessageIsRefused() {
    assertThatThrownBy(() -> Payload.of(new byte[0])).hasMessageContaining("has no data");
  }

  @Test
  void anExampleWithoutFeaturesIsRefused() {
    byte[] data =
        Example.newBuilder().setFeatures(Features.getDefaultInstance()).build().toByteArray();
    assertThatThrownBy(() -> Payload.of(data)).hasMessageContaining("with features");
  }

  @Test
  void aTruncatedExampleIsRefused() {
    byte[] data = example("price", 10).toByteArray();
    assertThatThrownBy(() -> Payload.of(Arrays.copyOf(data, data.length - 1)))
        .isInstanceOf(BadInput.class);
  }

  @Test
  void textThatIsNotUtf8IsRefused() {
    byte[] data = "{\"a\":\"h\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> Payload.of(data)).hasMessageContaining("not UTF-8");
  }

  @Test
  void moreThanAMebibyteIsRefusedAndAMebibyteIsNot() {
    String text = "{\"a\":\"" + "x".repeat(Payload.MOST_BYTES - 8) + "\"}";
    assertThat(Payload.of(utf8(text)).format()).isEqualTo("json");
    assertThatThrownBy(() -> Payload.of(utf8(text + " ")))
        .hasMessageContaining("more than the 1048576");
  }

  @Test
  void deepNestingIsRefusedAndNeverOverflowsTheStack() {
    assertThatThrownBy(
            () -> Payload.of(utf8("{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000))))
        .hasMessageContaining("deeper than 16");
  }

  @Test
  void anyBytesGiveAPayloadOrARefusal() {
    Random random = new Random(7);
    byte[] sound = example("price", 40).toByteArray();
    byte[] json = utf8("{\"a\":[1,2],\"b\":{\"c\":\"text\"},\"d\":1.5}");
    for (int i = 0; i < 20_000; i++) {
      byte[] data = (random.nextBoolean() ? sound : json).clone();
      for (int flips = random.nextInt(4) + 1; flips > 0; flips--) {
        data[random.nextInt(data.length)] = (byte) random.nextInt(256);
      }
      try {
        assertThat(Payload.of(data).text()).isNotEmpty();
      } catch (BadInput e) {
        assertThat(e).hasMessageContaining("the ");
      }
    }
  }
}
