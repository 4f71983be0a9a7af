package dev.sluice.functions.predict;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.sluice.contracts.Json;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonCursorTest {
  private final JsonCursor json = new JsonCursor();

  @Test
  void doubles_areReadAsJavaReadsThem() {
    Random random = new Random(5);
    for (int i = 0; i < 50_000; i++) {
      double value =
          switch (i % 4) {
            case 0 -> Double.longBitsToDouble(random.nextLong());
            case 1 -> random.nextGaussian() * Math.pow(10, random.nextInt(40) - 20);
            case 2 -> Math.round(random.nextDouble() * 1e6) / 1e3;
            default -> random.nextInt();
          };
      if (Double.isFinite(value)) {
        assertThat(number(Double.toString(value))).isEqualTo(value);
      }
      String digits = (random.nextLong() >>> random.nextInt(60)) + "";
      String text = digits + "." + random.nextInt(1_000_000) + "e" + (random.nextInt(60) - 30);
      assertThat(number(text)).isEqualTo(Double.parseDouble(text));
    }
  }

  @Test
  void wholeNumbers_areExactUpToALong() {
    for (String text : new String[] {"0", "-1", "9223372036854775807", "-9223372036854775808"}) {
      start(text);
      json.number();
      assertThat(json.isWhole()).isTrue();
      assertThat(json.longValue()).isEqualTo(Long.parseLong(text));
    }
    assertThat(number("9223372036854775808")).isEqualTo(0x1p63);
    assertThat(json.isWhole()).isFalse();
    assertThat(number("18446744073709551617")).isEqualTo(1.8446744073709552e19);
  }

  @Test
  void texts_comeBackAsGsonWroteThem() {
    Random random = new Random(6);
    for (int i = 0; i < 5_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(20); k > 0; k--) {
        text.appendCodePoint(
            switch (random.nextInt(4)) {
              case 0 -> random.nextInt(32);
              case 1 -> "\"\\/{}[],:".charAt(random.nextInt(9));
              case 2 -> 0x10000 + random.nextInt(0x1000);
              default -> ' ' + random.nextInt(500);
            });
      }
      start(Json.write(text.toString()));
      json.string();
      assertThat(json.text()).isEqualTo(text.toString());
      json.finish();
    }
  }

  @Test
  void mutatedDocuments_areTakenOrRefusedAsGsonDoes() {
    String document =
        "{\"instances\": [{\"a\": -1.5e+3, \"b\": \"x\\n\\u00e9\", \"c\": [true, null, {}]}, {}]}";
    Random random = new Random(7);
    int taken = 0;
    for (int i = 0; i < 50_000; i++) {
      StringBuilder text = new StringBuilder(document);
      for (int k = 1 + random.nextInt(2); k > 0; k--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.setCharAt(at, document.charAt(random.nextInt(document.length())));
          default -> text.insert(at, document.charAt(random.nextInt(document.length())));
        }
      }
      boolean expected = gsonTakes(text.toString());
      assertThat(takes(text.toString())).as(text.toString()).isEqualTo(expected);
      taken += expected ? 1 : 0;
    }
    assertThat(taken).isBetween(5_000, 45_000);
  }

  private boolean takes(String text) {
    try {
      start(text);
      json.skip();
      json.finish();
      return true;
    } catch (Refusal e) {
      return false;
    }
  }

  private static boolean gsonTakes(String text) {
    try {
      JsonReader reader = new JsonReader(new StringReader(text));
      reader.setStrictness(Strictness.STRICT);
      JsonElement read = new com.google.gson.Gson().getAdapter(JsonElement.class).read(reader);
      return read != null && reader.peek() == JsonToken.END_DOCUMENT;
    } catch (IOException | JsonParseException | IllegalStateException | NumberFormatException e) {
      return false;
    }
  }

  private double number(String text) {
    start(text);
    json.number();
    json.finish();
    return json.isWhole() ? json.longValue() : json.doubleValue();
  }

  private void start(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    json.start(bytes, bytes.length);
  }
}
