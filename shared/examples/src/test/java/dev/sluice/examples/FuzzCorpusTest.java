package dev.sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FuzzCorpusTest {
  /** Inputs made of each one in the corpus. */
  private static final int MUTANTS = 60;

  @ParameterizedTest
  @EnumSource
  void nothingComesOfAnyInputButRecordsAndSentences(FuzzTarget target) throws Exception {
    List<Path> inputs = corpus(target);
    assertThat(inputs).isNotEmpty();
    for (Path input : inputs) {
      run(target, input, Files.readAllBytes(input));
    }
  }

  /** Seeded, so that every build tries the same ones. */
  @ParameterizedTest
  @EnumSource
  void norOfWhatIsNearOne(FuzzTarget target) throws Exception {
    Random random = new Random(target.folder().length());
    for (Path input : corpus(target)) {
      byte[] bytes = Files.readAllBytes(input);
      for (int m = 0; m < MUTANTS && bytes.length < 100_000; m++) {
        run(target, input, mutant(random, bytes));
      }
    }
  }

  private static void run(FuzzTarget target, Path input, byte[] bytes) {
    try {
      target.run(bytes);
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError(
          target + " fails on " + input.getFileName() + " or near it, as " + hex(bytes), e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes, 0, Math.min(4096, bytes.length));
  }

  private static List<Path> corpus(FuzzTarget target) throws IOException, URISyntaxException {
    Path folder =
        Path.of(
            Objects.requireNonNull(FuzzTarget.class.getResource("fuzz/" + target.folder()))
                .toURI());
    try (Stream<Path> files = Files.list(folder)) {
      return new ArrayList<>(files.sorted().toList());
    }
  }

  /** Bytes changed, taken out, doubled or put in. */
  private static byte[] mutant(Random random, byte[] bytes) {
    byte[] out = bytes;
    for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
      int at = out.length == 0 ? 0 : random.nextInt(out.length);
      int to = Math.min(out.length, at + 1 + random.nextInt(16));
      byte[] before = Reading.cut(out, 0, at);
      out =
          switch (random.nextInt(5)) {
            case 0 -> Reading.join(before, Reading.cut(out, to, out.length));
            case 1 -> Reading.join(Reading.cut(out, 0, to), Reading.cut(out, at, out.length));
            case 2 -> {
              byte[] noise = new byte[1 + random.nextInt(8)];
              random.nextBytes(noise);
              yield Reading.join(before, noise, Reading.cut(out, at, out.length));
            }
            case 3 -> before;
            default -> out.length == 0 ? out : flip(random, out, at);
          };
    }
    return out;
  }

  private static byte[] flip(Random random, byte[] bytes, int at) {
    byte[] out = bytes.clone();
    out[at] = (byte) (random.nextBoolean() ? random.nextInt() : out[at] ^ 1 << random.nextInt(8));
    return out;
  }
}
