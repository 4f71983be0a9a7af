package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
  private static void assertParsed(String text) {
    byte[] b = text.getBytes(UTF_8);
    double parsed = Numbers.parseDouble(b, 0, b.length);
    if (Double.compare(parsed, Double.parseDouble(text)) != 0) {
      throw new AssertionError(text + " was read as " + parsed);
    }
  }

  @Test
  void everyBitPatternReadsBackAsJavaWritesIt() {
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        assertParsed(Double.toString(value));
      }
    }
  }

  @Test
  void decimalsOfAnyLengthAreRoundedRight() {
    Random random = new Random(2);
    for (int i = 0; i < 200_000; i++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "-" : "");
      text.append(1 + random.nextInt(9));
      for (int d = random.nextInt(12); d > 0; d--) {
        text.append(random.nextInt(10));
      }
      text.append('.');
      for (int d = random.nextInt(12); d > 0; d--) {
        text.append(random.nextInt(10));
      }
      if (random.nextInt(3) == 0) {
        text.append('e').append(random.nextInt(640) - 330);
      }
      assertParsed(text.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740992.999999999999",
        "1e23",
        "8.5e22",
        "4.9e-324",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1e-400",
        "0.0",
        "-0.0",
        "0e999",
        "123456789012345678901234567890",
        "0.1e-6",
        "1e22",
        "1e-22",
        "9223372036854775807",
        "9999999999999999999",
        "6.8985865317742005e18",
        "1.00000000000000011102230246251565404236316680908203125"
      })
  void hardCasesAreExact(String text) {
    assertParsed(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "-0", "7", "-12", "999999999999999999", "-999999999999999999", "100"})
  void plainDigitsAreReadAtOnce(String text) {
    byte[] b = ("x" + text + "y").getBytes(UTF_8);
    assertThat(Numbers.plainLong(b, 1, b.length - 1)).isEqualTo(Long.parseLong(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-", "00", "01", "+1", " 1", "1 ", "1.0", "1e3", "NA", "1000000000000000000"})
  void whatIsMoreThanPlainDigitsIsLookedAtAgain(String text) {
    byte[] b = text.getBytes(UTF_8);
    assertThat(Numbers.plainLong(b, 0, b.length)).isEqualTo(Numbers.NOT_PLAIN);
  }
}
