package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Artifact.StoredFile;
import dev.sluice.contracts.Conflict;
import dev.sluice.testing.MemoryObjects;
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
        .containsExactly(new StoredFile("a", 0, "AAAAAA=="), new StoredFile("b", 9, "4waSgw=="));
  }

  @Test
  void whatAnEarlierAttemptLeftStays() throws Exception {
    new Output(URI, objects).write("a", bytes("first"), "text/plain");
    Output again = new Output(URI, objects);
    again.write("a", bytes("second!"), "text/plain");
    assertThat(objects.text(URI.object("a"))).isEqualTo("first");
    assertThat(again.files()).singleElement().extracting(StoredFile::bytes).isEqualTo(5L);
    Output third = new Output(URI, objects);
    third.write("a", Files.write(folder.resolve("x"), bytes("third")), "text/plain");
    assertThat(objects.text(URI.object("a"))).isEqualTo("first");
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
