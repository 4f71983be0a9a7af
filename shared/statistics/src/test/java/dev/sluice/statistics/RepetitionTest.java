package dev.sluice.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RepetitionTest {
  private static long[] hashes(long seed, int rows, int repeated) {
    Random random = new Random(seed);
    long[] hashes = LongStream.generate(random::nextLong).limit(rows).toArray();
    for (int i = 0; i < repeated; i++) {
      hashes[rows - 1 - i] = hashes[i];
    }
    return hashes;
  }

  private static Repeats of(int limit, long[] hashes) {
    Repetition repetition = new Repetition(limit);
    repetition.add(hashes);
    return repetition.result();
  }

  @Test
  void fewRowsAreCountedExactly() {
    assertThat(of(1000, hashes(1, 1000, 10))).isEqualTo(new Repeats(990, 0));
    assertThat(of(1000, new long[0])).isEqualTo(new Repeats(0, 0));
  }

  @Test
  void manyRowsWithoutRepetitionHaveNone() {
    Repeats repeats = of(1000, hashes(2, 100_000, 0));
    assertThat(repeats.distinct()).isEqualTo(100_000);
    assertThat(repeats.share(100_000)).isZero();
    assertThat(repeats.error()).isEqualTo(.001);
  }

  @ParameterizedTest
  @ValueSource(ints = {1_000, 5_000, 50_000})
  void manyRowsAreCountedWithinThreeStandardErrors(int repeated) {
    Repeats repeats = of(1 << 14, hashes(3, 100_000, repeated));
    double distinct = 100_000 - repeated;
    assertThat(repeats.error()).isPositive().isLessThan(.01);
    assertThat(repeats.distinct()).isCloseTo(distinct, within(3 * repeats.error() * distinct));
  }

  @ParameterizedTest
  @ValueSource(ints = {900, 1900, 20_000})
  void anySplitInAnyOrder_givesTheSameAnswer(int rows) {
    long[] hashes = hashes(4, rows, rows / 5);
    Repeats expected = of(1000, hashes);
    Random random = new Random(5);
    for (int trial = 0; trial < 5; trial++) {
      List<Repetition> parts = new ArrayList<>(List.of(new Repetition(1000)));
      for (int from = 0; from < rows; ) {
        int to = Math.min(rows, from + 1 + random.nextInt(rows / 2));
        Repetition part = new Repetition(1000);
        part.add(Arrays.copyOfRange(hashes, from, to));
        parts.add(part);
        from = to;
      }
      Collections.shuffle(parts, random);
      Repetition all = parts.removeFirst();
      parts.forEach(all::merge);
      assertThat(all.result()).isEqualTo(expected);
    }
  }
}
