package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BytesDictionaryTest {
  private static int code(BytesDictionary dictionary, byte[] text, int before, int after) {
    byte[] b = new byte[before + text.length + after];
    Arrays.fill(b, (byte) 'x');
    System.arraycopy(text, 0, b, before, text.length);
    return dictionary.code(b, before, before + text.length);
  }

  @Test
  void aTextHasOneCodeWhateverStandsAroundIt() {
    BytesDictionary dictionary = new BytesDictionary();
    for (int length = 0; length <= 40; length++) {
      byte[] text = "\u00e9".repeat(20).substring(0, length / 2).getBytes(UTF_8);
      text = Arrays.copyOf(text, length);
      int code = code(dictionary, text, 0, 0);
      assertThat(code).isEqualTo(length);
      assertThat(code(dictionary, text, 3, 0)).isEqualTo(code);
      assertThat(code(dictionary, text, 0, 1)).isEqualTo(code);
      assertThat(code(dictionary, text, 5, 20)).isEqualTo(code);
    }
  }

  @Test
  void textsThatDifferInOneByteHaveCodesOfTheirOwn() {
    BytesDictionary dictionary = new BytesDictionary();
    List<String> texts = new ArrayList<>();
    for (int length = 1; length <= 40; length++) {
      for (int at = 0; at < length; at++) {
        texts.add("a".repeat(at) + "b" + "a".repeat(length - at - 1));
      }
    }
    for (int i = 0; i < texts.size(); i++) {
      assertThat(code(dictionary, texts.get(i).getBytes(UTF_8), 0, 0)).isEqualTo(i);
    }
    assertThat(dictionary.texts()).containsExactlyElementsOf(texts);
  }

  @Test
  void manyTextsKeepTheirCodesAndNoneAfterItIsCleared() {
    BytesDictionary dictionary = new BytesDictionary();
    Random random = new Random(1);
    List<String> texts = random.longs(20_000).mapToObj(Long::toString).distinct().toList();
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < texts.size(); i++) {
        assertThat(code(dictionary, texts.get(i).getBytes(UTF_8), 0, 0)).isEqualTo(i);
      }
    }
    dictionary.clear();
    assertThat(code(dictionary, texts.getLast().getBytes(UTF_8), 0, 0)).isZero();
    assertThat(dictionary.texts()).containsExactly(texts.getLast());
  }
}
