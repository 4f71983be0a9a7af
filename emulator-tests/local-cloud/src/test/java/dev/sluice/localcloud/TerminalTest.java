package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalTest {
  private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
  private final PrintStream out = Terminal.over(screen, StandardCharsets.UTF_8);

  private String shown() {
    out.flush();
    return screen.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\tb\nc", "prix élevé 25 €", "日本語", "\ud83d\ude00", "C:\\u001b", ""})
  void ordinaryTextPasses(String text) {
    out.print(text);
    assertThat(shown()).isEqualTo(text);
  }

  /** Clearing the screen, changing its title, writing over a line, and answering as a keyboard. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "x\u001b[2Jy|x\\u001b[2Jy",
        "\u001b]0;title\u0007|\\u001b]0;title\\u0007",
        "FAIL\rPASS|FAIL\\u000dPASS",
        "a\bb\u007f|a\\u0008b\\u007f",
        "\u009b2J|\\u009b2J",
        "abc\u202ecba|abc\\u202ecba",
        "x\u2028y|x\\u2028y"
      })
  void controlCharactersAreWrittenOut(String text, String expected) {
    out.print(text);
    assertThat(shown()).isEqualTo(expected);
  }

  @Test
  void jsonMeansTheSame() {
    List<String> values = List.of("a\u001bb", "c\u202ed", "é\u009b");
    out.print(Json.write(values));
    assertThat(Json.read(shown(), String[].class, "it")).containsExactlyElementsOf(values);
    assertThat(shown()).doesNotContainPattern("[\\p{Cntrl}\u202e\u009b]");
  }

  @Test
  void aCharacterMayComeByteByByte() {
    for (byte b : "é€\u009b\ud83d\ude00".getBytes(StandardCharsets.UTF_8)) {
      out.write(b);
    }
    assertThat(shown()).isEqualTo("é€\\u009b\ud83d\ude00");
  }

  @Test
  void controlsOfEightBitsAreWrittenOutToo() {
    out.write(new byte[] {'a', (byte) 0x9b, '2', 'J', (byte) 0xe9, '!'}, 0, 6);
    out.flush();
    assertThat(screen.toString(StandardCharsets.ISO_8859_1)).isEqualTo("a\\u009b2J\u00e9!");
  }
}
