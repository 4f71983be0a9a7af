package dev.sluice.localcloud.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PageTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Page page =
      new Page(new PrintStream(bytes, true, StandardCharsets.UTF_8), System.nanoTime());

  @Test
  void longLinesAreBrokenBetweenWords() {
    page.event("word ".repeat(60).strip());
    page.text("word ".repeat(60).strip());
    page.heading("word ".repeat(60).strip());
    assertThat(printed()).allMatch(line -> line.length() <= Page.WIDTH);
    assertThat(String.join(" ", printed())).matches("(?s)(\\W|[0-9]|s|word)*");
  }

  @Test
  void aWordThatIsTooLongStaysWhole() {
    assertThat(Page.wrap("a gs://bucket/long b", 6)).containsExactly("a", "gs://bucket/long", "b");
  }

  @Test
  void tablesAlignNumbersToTheRight() {
    Map<String, Object> first = new LinkedHashMap<>();
    first.put("span", "day");
    first.put("rows", 5L);
    Map<String, Object> second = new LinkedHashMap<>();
    second.put("span", "d");
    second.put("rows", 12345L);
    page.table(List.of(first, second));
    assertThat(printed().stream().map(String::strip))
        .containsExactly("span   rows", "day       5", "d     12345");
  }

  private List<String> printed() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
