package dev.sluice.localcloud.accept;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LineDiffTest {
  @Test
  void equalTexts_haveNoChanges() {
    assertThat(LineDiff.of("a\nb\n", "a\nb\n")).isEmpty();
    assertThat(LineDiff.of("", "")).isEmpty();
  }

  @Test
  void aLineThatCame_hasTwoLinesAround() {
    assertThat(LineDiff.of("1\n2\n3\n4\n5\n6\n", "1\n2\n3\nnew\n4\n5\n6\n"))
        .containsExactly(" 2", " 3", "+new", " 4", " 5");
  }

  @Test
  void aLineThatChanged_wentAndCame() {
    assertThat(LineDiff.of("a\nold\nb\n", "a\nnew\nb\n"))
        .containsExactly(" a", "-old", "+new", " b");
  }

  @Test
  void farChanges_haveAGapBetween() {
    assertThat(LineDiff.of("x\n1\n2\n3\n4\n5\ny\n", "X\n1\n2\n3\n4\n5\nY\n"))
        .containsExactly("-x", "+X", " 1", " 2", "...", " 4", " 5", "-y", "+Y");
  }

  @Test
  void everythingNew_isAllThatCame() {
    assertThat(LineDiff.of("", "a\nb\n")).containsExactly("+a", "+b");
    assertThat(LineDiff.of("a\nb\n", "")).containsExactly("-a", "-b");
  }
}
