package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.ObjectPattern.Place;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectPatternTest {
  private static boolean takes(String pattern, String name) {
    return ObjectPattern.parse(pattern).place(name) != null;
  }

  @ParameterizedTest
  @CsvSource({
    "in/*, in/a.csv, true",
    "in/*, in/a/b.csv, false",
    "in/**, in/a.csv, true",
    "in/**, in/a/b/c.csv, true",
    "in/**, in, false",
    "in/**/b.csv, in/b.csv, true",
    "in/**/b.csv, in/x/y/b.csv, true",
    "in/**/b.csv, in/x/y/bb.csv, false",
    "in/**/*.csv, in/x/y/b.csv, true",
    "in/**/*.csv, in/x/y/b.txt, false",
    "in/a**, in/ab/c/d, true",
    "in/a**, in/b/c/d, false",
    "in/*-*.csv, in/a-b.csv, true",
    "in/*-*.csv, in/ab.csv, false",
  })
  void aStarStaysWithinASegmentAndTwoGoOver(String pattern, String name, boolean taken) {
    assertThat(takes(pattern, name)).isEqualTo(taken);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "in/s1/_SUCCESS",
        "in/s1/.DS_Store",
        "in/_s1/a",
        "in/.s1/a",
        "in/s1/_temporary/0/a",
        "in/s1/x/.a.crc",
      })
  void hiddenFilesAreNoData(String name) {
    assertThat(takes("in/{SPAN}/**", name)).isFalse();
    assertThat(ObjectPattern.parse("in/{SPAN}/**").hides(name)).isTrue();
  }

  @Test
  void aSegmentThatOnlyContainsTheCharacterIsData() {
    assertThat(takes("in/{SPAN}/**", "in/s_1/a_b.c.csv")).isTrue();
    assertThat(ObjectPattern.parse("in/{SPAN}/**").hides("in/s_1/a_b.c.csv")).isFalse();
    assertThat(ObjectPattern.parse("in/{SPAN}/**").hides("elsewhere/_a")).isFalse();
  }

  @Test
  void whatThePatternItselfWritesIsNotHidden() {
    assertThat(takes("in/_done/{SPAN}/*", "in/_done/s1/a.csv")).isTrue();
    assertThat(ObjectPattern.parse("in/_done/{SPAN}/*").hides("in/_done/s1/a.csv")).isFalse();
  }

  @Test
  void foldersAreNoData() {
    assertThat(takes("in/{SPAN}/*", "in/s1/")).isFalse();
    assertThat(takes("in/**", "in/s1/")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "in/s/v3/a, 3",
    "in/s/v10/a, 10",
    "in/s/v007/a, 7",
    "in/s/v123456789012345678/a, 123456789012345678",
  })
  void aVersionIsANumber(String name, long version) {
    assertThat(ObjectPattern.parse("in/{SPAN}/v{VERSION}/*").place(name))
        .isEqualTo(new Place("s", version));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "in/s/v/a",
        "in/s/vx/a",
        "in/s/v1.2/a",
        "in/s/v-1/a",
        "in/s/v1234567890123456789/a"
      })
  void whatIsNoNumberIsNoVersion(String name) {
    assertThat(takes("in/{SPAN}/v{VERSION}/*", name)).isFalse();
  }

  @Test
  void placesAreOrderedBySpanThenVersionAsNumber() {
    assertThat(new Place("2026-11-01", 10L))
        .isGreaterThan(new Place("2026-11-01", 9L))
        .isLessThan(new Place("2026-11-02", 1L));
    assertThat(new Place("s", 0L)).isGreaterThan(new Place("s", null));
    assertThat(new Place("10", null)).isGreaterThan(new Place("9", null));
  }

  @Test
  void aNameIsFilledIn() {
    ObjectPattern versioned = ObjectPattern.parse("in/{SPAN}/v{VERSION}/part-*");
    assertThat(versioned.fill(new Place("s1", 2L), "part-1.csv")).isEqualTo("in/s1/v2/part-1.csv");
    assertThat(ObjectPattern.parse("in/{SPAN}/**").fill(new Place("s1", null), "a"))
        .isEqualTo("in/s1/a");
    assertThat(ObjectPattern.parse("in/**/{SPAN}.csv").fill(new Place("s1", null), "a"))
        .isEqualTo("in/s1.csv");
    assertThat(ObjectPattern.parse("in/a.csv").fill(new Place("", null), "other"))
        .isEqualTo("in/a.csv");
  }

  @ParameterizedTest
  @CsvSource({
    "in/{SPAN}/v{VERSION}/*, s, , a, needs a version",
    "in/{SPAN}/*, s, 1, a, has no {VERSION}; leave the version out",
    "in/*/{SPAN}/*, s, , a, has a folder with *",
    "in/{SPAN}/part-*, s, , a, takes no object 'in/s/a' of span s; rename the file",
    "in/{SPAN}/*, s/t, , a, takes no object 'in/s/t/a' of span s/t",
    "in/{SPAN}/*, _s, , a, takes no object 'in/_s/a' of span _s",
    "in/{SPAN}/*, s, , _a, takes no object 'in/s/_a' of span s",
    "in/{SPAN}/*, .., , a, takes no object 'in/../a' of span ..",
  })
  void whatCannotBeFilledIsRefused(
      String pattern, String span, Long version, String file, String message) {
    assertThatThrownBy(() -> ObjectPattern.parse(pattern).fill(new Place(span, version), file))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "in/{SPAN}/*, in/{SPAN}/_SUCCESS",
    "in/{SPAN}/v{VERSION}/x/part-*, in/{SPAN}/v{VERSION}/x/_SUCCESS",
    "in/{SPAN}/**, in/{SPAN}/_SUCCESS",
    "in/{SPAN}/*/part-*, in/{SPAN}/_SUCCESS",
    "in/*.csv, in/_SUCCESS",
  })
  void aMarkerStandsInTheFolderBeforeTheFirstStar(String pattern, String marker) {
    assertThat(ObjectPattern.parse(pattern).beside("_SUCCESS")).hasToString(marker);
  }

  @Test
  void aMarkerTellsItsSpanAndVersion() {
    ObjectPattern marker = ObjectPattern.parse("in/{SPAN}/v{VERSION}/*").beside("_SUCCESS");
    assertThat(marker.place("in/s/v2/_SUCCESS")).isEqualTo(new Place("s", 2L));
    assertThat(marker.place("in/s/v2/x/_SUCCESS")).isNull();
    assertThat(marker.place("in/s/v2/a")).isNull();
  }

  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aLongNameThatNearlyMatchesIsToldQuickly() {
    assertThat(takes("in/**/**/x-*-*-*.csv", "in/" + "a/".repeat(500) + "x-b-c-d")).isFalse();
    assertThat(takes("in/*a*a*.csv", "in/" + "a".repeat(255))).isFalse();
  }

  @Test
  void aNameThatIsUnsafeIsNoData() {
    assertThat(takes("in/**", "in/a/../b")).isFalse();
    assertThat(takes("in/*", "in/" + "a".repeat(256))).isFalse();
    assertThat(takes("in/*", "in/" + "a".repeat(255))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"in/*a*a*a*", "in/{SPAN}*{SPAN}*", "in/**/**/**"})
  void patternsThatCouldMatchInTooManyWaysAreRefused(String pattern) {
    assertThatThrownBy(() -> ObjectPattern.parse(pattern))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("more than 3 variable parts in a segment, or more than 2 times **");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "in/../a",
        "in/./a",
        "..",
        "in/a\u0000b",
        "in/a\nb",
        "in/a\u001b[31m",
        "in/a\u007f",
        "in/\u202egnp.exe",
        "in/a\u2028b",
        "in/\ud800",
      })
  void unsafeNamesAreTold(String name) {
    assertThat(Names.objectProblem(name)).isNotNull();
  }

  @Test
  void aSegmentLongerThanAFileSystemTakesIsTold() {
    assertThat(Names.objectProblem("in/" + "é".repeat(128)))
        .isEqualTo("has a segment of 256 bytes, more than 255");
    assertThat(Names.objectProblem("in/" + "é".repeat(127) + "x")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "in/a b,c.csv",
        "in/é/日本.csv",
        "in/..a/b..",
        "in/a#1?x=%2F",
        "in/😀",
        "in/👨\u200d👩\u200d👧.jpg"
      })
  void unusualNamesAreSafe(String name) {
    assertThat(Names.objectProblem(name)).isNull();
  }

  @Test
  void controlCharactersAreWrittenOut() {
    assertThat(Names.printable("a\nb\u001b😀é")).isEqualTo("a\\u000ab\\u001b😀é");
  }
}
