package dev.sluice.functions.predict;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.sluice.contracts.Json;
import dev.sluice.models.Predictor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PredictServiceTest {
  private final World world = World.live();

  @Test
  void bothFormats_scoreAsThePredictor() {
    Predictor predictor = new Predictor(World.SALES.mapping, World.SALES.models.getFirst());
    Random random = new Random(3);
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    Map<String, List<@Nullable Object>> columns = new LinkedHashMap<>();
    float[] expected = new float[200];
    for (int i = 0; i < expected.length; i++) {
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      row.put("kind", random.nextInt(5) == 0 ? null : Sales.KINDS.get(random.nextInt(4)));
      row.put("price", random.nextInt(5) == 0 ? null : random.nextGaussian() * 10);
      row.put("count", (long) random.nextInt(50));
      row.forEach((name, v) -> columns.computeIfAbsent(name, k -> new ArrayList<>()).add(v));
      expected[i] = predictor.predict(row);
      rows.add(row);
    }

    Call byRow = world.predict(Json.write(Map.of("instances", rows)));
    // Gson leaves nulls out of objects and keeps them in lists: absent and null are the same.
    Call byColumn = world.predict(Json.write(Map.of("inputs", columns)));

    assertThat(World.floats(byRow, "predictions")).containsExactly(expected);
    assertThat(World.floats(byColumn, "outputs")).containsExactly(expected);
    assertThat(byRow.getContentType()).contains("application/json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"price\": 12.5, \"count\": 7, \"kind\": \"grün\"}",
        "{\"kind\":\"gr\\u00fcn\",\"count\":7.0,\"price\":1.25e1}",
        " {\n\"co\\u0075nt\" : 7 , \"price\":\t125E-1,\r\"kind\": \"grün\", \"kind\": \"grün\" } ",
        "{\"price\": \"12.5\", \"count\": \"7\", \"kind\": \"grün\"}",
        "{\"price\": 12.5, \"count\": 7, \"kind\": \"grün\", \"sold\": 1, \"tips\": [{\"a\": {}}]}",
      })
  void waysToWriteOneRow_scoreAlike(String row) {
    float expected = World.expected(1, Map.of("price", 12.5, "count", 7L, "kind", "grün"));

    assertThat(world.score("/v1/models/sales:predict", row)).isEqualTo(expected);
  }

  @Test
  void absentNullAndNaN_areMissing() {
    float expected = World.expected(1, Map.of("count", 7L));

    for (String row :
        List.of(
            "{\"count\": 7}",
            "{\"count\": 7, \"price\": null, \"kind\": null}",
            "{\"count\": 7, \"price\": NaN}")) {
      assertThat(world.score("/v1/models/sales:predict", row)).isEqualTo(expected);
    }
    assertThat(world.score("/v1/models/sales:predict", "{\"count\": 8, \"price\": -30}"))
        .isNotEqualTo(expected);
  }

  @Test
  void noInstances_noPredictions() {
    assertThat(world.predict("{\"instances\": []}").text()).isEqualTo("{\"predictions\": []}");
    assertThat(world.predict("{\"inputs\": {\"price\": []}}").text())
        .isEqualTo("{\"outputs\": []}");
    assertThat(world.predict("{\"inputs\": {}}").text()).isEqualTo("{\"outputs\": []}");
  }

  @Test
  void signatureName_isTakenAndAnotherRefused() {
    assertThat(
            world
                .predict(
                    "{\"signature_name\": \"serving_default\", \"instances\": [{}], \"id\": 1}")
                .status())
        .isEqualTo(200);

    Call other = world.predict("{\"instances\": [{}], \"signature_name\": \"other\"}");

    assertThat(other.status()).isEqualTo(400);
    assertThat(World.error(other))
        .isEqualTo(
            "Serving signature name: \"other\" not found in signature def; the only one is"
                + " serving_default");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|the document is empty",
        "{|the document ends early at offset: 1",
        "[]|expected '{' at offset: 0",
        "{}|Missing 'inputs' or 'instances' key",
        "{\"instances\": [{}]} x|text after the end of the document at offset: 20",
        "{\"instances\": [{}], \"inputs\": {}}|once and not both",
        "{\"instances\": {}}|'instances' is an object; send a list of objects",
        "{\"instances\": [{}, 5]}|instance 1 is a number; send an object of raw columns",
        "{\"instances\": [{}, {\"pric\": 5}]}|instance 1: there is no column 'pric'; did you mean 'price'?",
        "{\"instances\": [{}, {\"price\": \"a lot\"}]}|instance 1: column 'price' holds numbers, but got the text 'a lot'",
        "{\"instances\": [{\"price\": [5]}]}|instance 0: column 'price' is a list; send a number",
        "{\"instances\": [{\"kind\": {\"b64\": \"eA==\"}}]}|instance 0: column 'kind' is an object",
        "{\"instances\": [{\"price\": 1e999}]}|a number beyond the range of 64-bit floats",
        "{\"instances\": [{\"price\": 01}]}|a number with a leading zero",
        "{\"instances\": [{\"price\": 1.}]}|a number without digits after its point",
        "{\"instances\": [{\"price\": 1e}]}|a number without digits in its exponent",
        "{\"instances\": [{\"price\": -}]}|expected a value at offset: 26",
        "{\"instances\": [{\"price\": tru}]}|expected a value",
        "{\"instances\": [{\"price\": 1,}]}|expected '\"' at offset: 27",
        "{\"instances\": [{\"price\": 1} {}]}|expected ',' or ']' at offset: 28",
        "{\"instances\": [{\"kind\": \"\\x\"}]}|an unknown escape in a text",
        "{\"instances\": [{\"kind\": \"\\u00g0\"}]}|\\u takes four hexadecimal digits",
        "{\"instances\": [{\"kind\": \"a|the document ends early",
        "{\"inputs\": []}|'inputs' is a list; send an object of lists",
        "{\"inputs\": {\"price\": 5}}|inputs: column 'price' is a number; send a list with a value a row",
        "{\"inputs\": {\"pirce\": [5]}}|inputs: there is no column 'pirce'; did you mean 'price'?",
        "{\"inputs\": {\"price\": [1, 2], \"count\": [1]}}|column 'count' has 1 values and column 'price' has 2",
        "{\"inputs\": {\"price\": [1, \"x\"]}}|instance 1: column 'price' holds numbers, but got the text 'x'",
        "{\"signature_name\": 5, \"instances\": []}|'signature_name' is a number",
      })
  void whatIsWrongWithABody_isNamed(String body, String message) {
    Call answer = world.predict(body);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(World.error(answer)).contains(message);
    assertThat(answer.getContentType()).contains("application/json");
  }

  @Test
  void bytesThatAreNoText_areRefused() {
    byte[] latin =
        "{\"instances\": [{\"kind\": \"gr\u00fcn\"}]}".getBytes(StandardCharsets.ISO_8859_1);
    byte[] control = "{\"instances\": [{\"kind\": \"a\nb\"}]}".getBytes(StandardCharsets.UTF_8);

    assertThat(World.error(world.call(body(latin)))).contains("a text that is not UTF-8");
    assertThat(World.error(world.call(body(control)))).contains("a control character");
  }

  @Test
  void deepNesting_isRefusedAndNotFollowed() {
    String deep = "[".repeat(100_000);

    Call answer = world.predict("{\"instances\": [{\"tips\": " + deep);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(World.error(answer)).contains("more than 64 levels");
  }

  private static Call large(InputStream end, boolean announced) {
    byte[] body =
        (" ".repeat(LargeBodies.BYTES) + "{\"instances\": [{\"price\": 1.0}]}")
            .getBytes(StandardCharsets.UTF_8);
    return new Call(
        "POST",
        "/v1/models/sales:predict",
        new SequenceInputStream(new ByteArrayInputStream(body), end),
        announced ? body.length : -1);
  }

  /** Its end comes when it is told to. */
  private static InputStream held(CountDownLatch arrived, CountDownLatch go) {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        arrived.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
        return -1;
      }

      @Override
      public int read(byte[] to, int from, int length) throws IOException {
        return read();
      }
    };
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void largeBodies_waitForOneAnotherAndSmallOnesDoNot(boolean announced) throws Exception {
    CountDownLatch arrived = new CountDownLatch(LargeBodies.AT_ONCE);
    CountDownLatch go = new CountDownLatch(1);
    try (ExecutorService callers = Executors.newFixedThreadPool(LargeBodies.AT_ONCE)) {
      List<Future<Call>> first = new ArrayList<>();
      for (int i = 0; i < LargeBodies.AT_ONCE; i++) {
        first.add(callers.submit(() -> world.call(large(held(arrived, go), announced))));
      }
      arrived.await();
      Call small = world.predict("{\"instances\": [{\"price\": 1.0}]}");
      Call refused = world.call(large(InputStream.nullInputStream(), announced));
      go.countDown();

      assertThat(small.status()).isEqualTo(200);
      assertThat(refused.status()).isEqualTo(503);
      assertThat(World.error(refused)).contains("more than 512 KB", "ask again later");
      for (Future<Call> call : first) {
        assertThat(call.get().status()).isEqualTo(200);
      }
    }
    assertThat(world.call(large(InputStream.nullInputStream(), announced)).status())
        .as("turns are given back")
        .isEqualTo(200);
  }

  @Test
  void bodyOver32MB_isRefusedWhetherAnnouncedOrNot() {
    Call announced =
        new Call("POST", "/v1/models/sales:predict", InputStream.nullInputStream(), (32 << 20) + 1);
    Call streamed =
        new Call(
            "POST",
            "/v1/models/sales:predict",
            new ByteArrayInputStream(new byte[(32 << 20) + 1]),
            -1);

    assertThat(world.call(announced).status()).isEqualTo(413);
    assertThat(world.call(streamed).status()).isEqualTo(413);
    assertThat(World.error(streamed)).contains("over 32 MB");
  }

  @Test
  void bodyOf32MB_isTaken() {
    byte[] bytes = new byte[32 << 20];
    java.util.Arrays.fill(bytes, (byte) ' ');
    byte[] request = "{\"instances\": [{}]}".getBytes(StandardCharsets.UTF_8);
    System.arraycopy(request, 0, bytes, 0, request.length);

    Call call = new Call("POST", "/v1/models/sales:predict", new ByteArrayInputStream(bytes), -1);

    assertThat(world.call(call).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/models/sales:predict, 405",
    "POST, /v1/models/sales, 405",
    "DELETE, /v1/models/sales/metadata, 405",
    "POST, /healthz, 405",
    "POST, /v1/models/sales:classify, 404",
    "GET, /v1/models, 404",
    "GET, /v1/models/sales/versions/one, 404",
    "GET, /v1/models/sales/versions/0, 404",
    "GET, /v1/models/sales/versions/2, 404",
    "GET, /v1/models/sales/versions/9999999999, 404",
    "GET, /v1/models/sales/versions/9999999999999999999, 404",
    "GET, /v1/models/sales/labels/canary, 404",
    "GET, /v1/models/Sales!, 404",
    "POST, /v1/models/other:predict, 404",
    "GET, /favicon.ico, 404",
    "GET, /, 200",
    "GET, /healthz, 200",
    "HEAD, /v1/models/sales, 200",
    "GET, /v1/models/sales/labels/live, 200",
    "GET, /v1/models/sales/labels/stable/metadata, 200",
    "GET, /v1/models/sales/versions/1/metadata, 200",
  })
  void statusOfEachPath(String method, String path, int status) {
    Call answer = world.call(Call.of(method, path, ""));

    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    if (status != 200) {
      assertThat(World.error(answer)).isNotEmpty().doesNotStartWith("no error");
    }
    assertThat(answer.getHeaders().containsKey("Allow")).isEqualTo(status == 405);
  }

  @Test
  void unknownNames_areSaidAsTensorFlowServingDoes() {
    assertThat(World.error(world.get("/v1/models/other")))
        .isEqualTo(
            "Servable not found for request: Latest(other); pipeline other has no live version yet");
    assertThat(World.error(world.get("/v1/models/sales/versions/7")))
        .isEqualTo(
            "Servable not found for request: Specific(sales, 7); pipeline sales has no version 7");
    assertThat(World.error(world.get("/v1/models/sales/labels/new")))
        .contains("Unrecognized servable version label: new");
  }

  @Test
  void colonSentAsPercent_isTheSame() {
    assertThat(world.post("/v1/models/sales%3Apredict", "{\"instances\": [{}]}").status())
        .isEqualTo(200);
  }

  @Test
  void status_isTensorFlowServings() {
    assertThat(JsonParser.parseString(world.get("/v1/models/sales").text()))
        .isEqualTo(
            JsonParser.parseString(
                """
                {"model_version_status": [{
                  "version": "1",
                  "state": "AVAILABLE",
                  "status": {"error_code": "OK", "error_message": ""}
                }]}
                """));
  }

  @Test
  void metadata_isTensorFlowServings() {
    String dim =
        "\"tensor_shape\": {\"dim\": [{\"size\": \"-1\", \"name\": \"\"}], \"unknown_rank\": false}";
    assertThat(JsonParser.parseString(world.get("/v1/models/sales/metadata").text()))
        .isEqualTo(
            JsonParser.parseString(
                """
                {"model_spec": {"name": "sales", "signature_name": "", "version": "1"},
                 "metadata": {"signature_def": {"signature_def": {"serving_default": {
                   "inputs": {
                     "price": {"dtype": "DT_DOUBLE", DIM, "name": "price:0"},
                     "count": {"dtype": "DT_INT64", DIM, "name": "count:0"},
                     "kind": {"dtype": "DT_STRING", DIM, "name": "kind:0"}},
                   "outputs": {
                     "predictions": {"dtype": "DT_FLOAT", DIM, "name": "predictions:0"}},
                   "method_name": "tensorflow/serving/predict"}}}}}
                """
                    .replace("DIM", dim)));
  }

  @Test
  void labelOfAnExpression_mayBePresentAndIsIgnored() {
    world.release(
        2,
        "\"name\":\"sold\",\"negative\"",
        "\"name\":\"bought\",\"expression\":\"sold == 1\",\"negative\"");
    String path = "/v1/models/sales/versions/2:predict";

    float score = world.score(path, "{\"bought\": true, \"sold\": \"?\", \"count\": 7}");

    assertThat(score).isEqualTo(World.expected(2, Map.of("count", 7L)));
    assertThat(World.error(world.predict("{\"instances\": [{\"bought\": true}]}")))
        .contains("there is no column 'bought'");
  }

  @Test
  void mistakeOfOurs_isLoggedAndSaidInJson() {
    world.broken = true;

    Call answer = world.predict("{\"instances\": [{}]}");

    assertThat(answer.status()).isEqualTo(500);
    assertThat(World.error(answer)).contains("a mistake of ours");
    assertThat(world.logged("ERROR")).hasSize(1);
  }

  private static Call body(byte[] bytes) {
    return new Call(
        "POST", "/v1/models/sales:predict", new ByteArrayInputStream(bytes), bytes.length);
  }
}
