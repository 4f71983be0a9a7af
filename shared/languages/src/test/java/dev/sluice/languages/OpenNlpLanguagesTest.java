package dev.sluice.languages;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenNlpLanguagesTest {
  private static final OpenNlpLanguages LANGUAGES = new OpenNlpLanguages();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "en | A lightly used bicycle with new tyres and a bell.",
        "en | Great product, works well.",
        "de | Gebrauchtes Fahrrad mit neuen Reifen und einer Klingel.",
        "fr | Vélo d'occasion avec des pneus neufs et une sonnette.",
        "es | Bicicleta usada con neumáticos nuevos y un timbre.",
        "it | Bicicletta usata con gomme nuove e un campanello, ottime condizioni.",
        "pt | Bicicleta usada com pneus novos e uma campainha, em bom estado.",
        "nl | Gebruikte fiets met nieuwe banden en een bel.",
        "sv | Begagnad cykel med nya däck och en ringklocka.",
        "pl | Używany rower z nowymi oponami i dzwonkiem.",
        "ru | Подержанный велосипед с новыми шинами и звонком.",
        "ja | 新しいタイヤとベルが付いた中古の自転車です。",
        "zh | 带有新轮胎和铃铛的二手自行车，状况良好。",
        "ko | 새 타이어와 벨이 달린 중고 자전거입니다.",
        "ar | دراجة مستعملة مع إطارات جديدة وجرس."
      })
  void aSentenceTellsItsLanguage(String language, String text) {
    assertThat(LANGUAGES.guess(text)).isEqualTo(language);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "ok", "hello", "12345 67890 12.5 - 44", "x1 y2 z3 qqq zzz", "----------"})
  void whatTellsNoLanguageIsUndetermined(String text) {
    assertThat(LANGUAGES.guess(text)).isEqualTo("und");
  }

  @Test
  void onlyTheBeginningOfALongTextIsLookedAt() {
    String english = "In the beginning the universe was created, and many were angry. ".repeat(20);
    assertThat(LANGUAGES.guess(english + "Ende gut, alles gut, sagt man. ".repeat(1000)))
        .isEqualTo("en");
  }
}
