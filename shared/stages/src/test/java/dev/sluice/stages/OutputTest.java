package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.contracts.Artifact.StoredFile;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.testing.MemoryObjects;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputTest {
  private static final ArtifactUri URI =
      new ArtifactUri("artifacts", "p", "examples", "0123456789abcdef0123456789abcdef");

  private final MemoryObjects objects = new MemoryObjects();
  @TempDir Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void filesAreListedByNameWithSizeAndChecksum() throws Exception {
    Output output = new Output(URI, objects);
    output.write("b", bytes("123456789"), "text/plain");
    output.write("a", Files.write(folder.resolve("x"), bytes("")), "text/plain");
    // CRC-32C of "123456789" is e3069283 (RFC 3720, appendix B.4 lists the polynomial's examples).
    assertThat(output.files())
        .containsExactly(
            new StoredFile("a", 0, "AAAAAA==", Fingerprint.sha256(bytes(""))),
            new StoredFile("b", 9, "4waSgw==", Fingerprint.sha256(bytes("123456789"))));
  }

  @Test
  void whatAnEarlierAttemptLeftStays() throws Exception {
    new Output(URI, objects).write("a", bytes("first"), "text/plain");
    Output again = new Output(URI, objects);
    again.write("a", bytes("second!"), "text/plain");
    assertThat(objects.text(URI.object("a"))).isEqualTo("first");
    assertThat(again.files())
        .extracting(StoredFile::bytes, StoredFile::sha256)
        .containsExactly(tuple(5L, Fingerprint.sha256(bytes("first"))));
    Output third = new Output(URI, objects);
    third.write("a", Files.write(folder.resolve("x"), bytes("third")), "text/plain");
    assertThat(objects.text(URI.object("a"))).isEqualTo("first");
  }

  @Test
  void aStreamHasTheSumOfWhatPassed() throws Exception {
    Output output = new Output(URI, objects);
    try (OutputStream out = output.create("a", "text/plain")) {
      out.write('x');
      out.write(bytes("12345"), 1, 3);
    }
    assertThat(output.files())
        .extracting(StoredFile::sha256)
        .containsExactly(Fingerprint.sha256(bytes("x234")));
  }

  @Test
  void aConflictOverNothingIsNotSwallowed() {
    objects.beforeWrite(name -> {
      throw new Conflict("no reason");
    });
    assertThatThrownBy(() -> new Output(URI, objects).write("a", bytes("x"), "text/plain"))
        .isInstanceOf(Conflict.class);
  }
}
