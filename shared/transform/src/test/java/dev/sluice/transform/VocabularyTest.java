package dev.sluice.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VocabularyTest {
  @Test
  void file_hasATokenALine() {
    byte[] file = Vocabulary.of(List.of("Cash", "a\nb", "c\\n", "\r", "")).toFile();

    assertThat(new String(file, StandardCharsets.UTF_8)).isEqualTo("Cash\na\\nb\nc\\\\n\n\\r\n\n");
  }

  @Test
  void file_bringsBackAnyTokens() {
    Random random = new Random(7);
    String alphabet = "ab\\\n\r\t nré中😀\u2028\u0085\"'";
    int[] points = alphabet.codePoints().toArray();
    for (int round = 0; round < 200; round++) {
      Set<String> tokens = new LinkedHashSet<>();
      for (int i = random.nextInt(30); i > 0; i--) {
        StringBuilder token = new StringBuilder();
        for (int j = random.nextInt(8); j > 0; j--) {
          token.appendCodePoint(points[random.nextInt(points.length)]);
        }
        tokens.add(token.toString());
      }
      Vocabulary vocabulary = Vocabulary.of(new ArrayList<>(tokens));

      assertThat(Vocabulary.fromFile(vocabulary.toFile(), "v.txt")).isEqualTo(vocabulary);
    }
  }

  @Test
  void damagedFile_isRefusedWithItsLine() {
    assertThatThrownBy(() -> read("a\nb\\x\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("v.txt line 2");
    assertThatThrownBy(() -> read("a\nb")).hasMessageContaining("cut off after 1 tokens");
    assertThatThrownBy(() -> read("a\na\n")).hasMessageContaining("'a' twice");
    assertThat(read("").size()).isZero();
  }

  private static Vocabulary read(String text) {
    return Vocabulary.fromFile(text.getBytes(StandardCharsets.UTF_8), "v.txt");
  }
}
