package dev.sluice.statistics;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MojibakeTest {
  private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

  static Stream<String> realTexts() {
    return Stream.of(
        "L’été dernier, à Nîmes, où l’on mangea des crêpes « bretonnes » — déjà !",
        "CAFÉ DE L’ÉTÉ…",
        "Übergrößenträger aus Köln, „Straße der Töchter“ 5",
        "Zażółć gęślą jaźń; Łódź, Święta",
        "MANHÃ DE SÃO JOÃO",
        "Smørrebrød på Ålesund, blåbærsyltetøy",
        "İstanbul’da çay 20 ₺",
        "Příliš žluťoučký kůň",
        "東京都の天気は晴れです。",
        "서울특별시",
        "Москва слезам не верит",
        "Ελλάδα",
        "שלום עולם",
        "مرحبا",
        "价格：￥120",
        "Crème brûlée 👍");
  }

  @ParameterizedTest
  @MethodSource("realTexts")
  void realText_isNotDamaged(String text) {
    assertThat(Mojibake.isDamaged(text)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("realTexts")
  void theSameReadAsLatin1_is(String text) {
    assertThat(Mojibake.isDamaged(new String(text.getBytes(UTF_8), ISO_8859_1))).isTrue();
  }

  @ParameterizedTest
  @MethodSource("realTexts")
  void theSameReadAsWindows1252_is(String text) {
    assertThat(Mojibake.isDamaged(new String(text.getBytes(UTF_8), WINDOWS_1252))).isTrue();
  }

  @ParameterizedTest
  @MethodSource("realTexts")
  void theSameReadAsUtf8ButWrittenOtherwise_isWhereCharactersAreLost(String text) {
    String read = new String(text.getBytes(WINDOWS_1252), UTF_8);
    assertThat(Mojibake.isDamaged(read)).isEqualTo(read.indexOf('\uFFFD') >= 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"NESTLÉ®", "CAFÉ…", "MANHÃ»", "Ø² 12", "été…", "Å", "100 £", "×3", "ü"})
  void aLetterBesideASign_isReal(String text) {
    assertThat(Mojibake.isDamaged(text)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CafÃ©",
        "MÃ¼ller",
        "SÃ£o Paulo",
        "Â£100",
        "donâ€™t",
        "20 â‚¬",
        "CAFÃ‰",
        "lost\uFFFDone",
        "ðŸ˜€"
      })
  void oneCharacter_isEnough(String text) {
    assertThat(Mojibake.isDamaged(text)).isTrue();
  }

  @Test
  void twoTextsPutTogether_areDamagedWhereOneIs() {
    String damaged = new String("déjà vu à Nîmes".getBytes(UTF_8), ISO_8859_1);
    assertThat(Mojibake.isDamaged(damaged + ", café")).isTrue();
    assertThat(Mojibake.isDamaged("plain text")).isFalse();
  }

  @Test
  void aTextCutWithinACharacter_isDamagedWhereTheRestIs() {
    String damaged = new String("déjà".getBytes(UTF_8), ISO_8859_1);
    assertThat(Mojibake.isDamaged(damaged.substring(0, damaged.length() - 1))).isTrue();
    assertThat(Mojibake.isDamaged("cafÃ")).isFalse();
  }
}
