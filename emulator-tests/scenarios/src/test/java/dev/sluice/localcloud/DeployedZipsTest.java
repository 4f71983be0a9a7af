package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.FunctionManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A zip that is not as it must be is found out before anybody relies on it. */
final class DeployedZipsTest {
  private static final Home HOME = Home.find();
  private static final FunctionManifest FUNCTION = manifest("validate-model");

  @TempDir Path folder;

  private static FunctionManifest manifest(String name) {
    try {
      return HOME.manifests().stream()
          .filter(manifest -> manifest.name().equals(name))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** A copy without the libraries of that prefix. */
  private Path without(String library) throws IOException {
    Path copy = folder.resolve("less.zip");
    int left = 0;
    try (ZipFile zip = new ZipFile(HOME.zip(FUNCTION.name()).toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(copy))) {
      for (ZipEntry entry : zip.stream().toList()) {
        if (entry.getName().startsWith("libs/" + library)) {
          left++;
        } else {
          out.putNextEntry(new ZipEntry(entry.getName()));
          out.write(zip.getInputStream(entry).readAllBytes());
        }
      }
    }
    assertThat(left).isEqualTo(1);
    return copy;
  }

  private Containers.Container start(Containers containers, Path zip) throws IOException {
    return containers.start(
        FUNCTION,
        Map.of(
            "GOOGLE_CLOUD_PROJECT", "project",
            "SLUICE_ARTIFACTS", "artifacts",
            "SLUICE_SERVING", "serving",
            "SLUICE_DATASET", "sluice",
            // Nothing is sent; with an address there is no search for credentials.
            "STORAGE_EMULATOR_HOST", "http://127.0.0.1:1",
            "PUBSUB_EMULATOR_HOST", "127.0.0.1:1",
            "BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:1",
            "BIGQUERY_STORAGE_EMULATOR_HOST", "127.0.0.1:1"),
        zip,
        folder);
  }

  @Test
  void theZipStartsFromItsOwnFilesAlone() throws Exception {
    Path zip = folder.resolve("whole.zip");
    Files.copy(HOME.zip(FUNCTION.name()), zip, StandardCopyOption.REPLACE_EXISTING);
    try (Containers containers = new Containers(Containers.Heap.QUARTER)) {
      assertThat(start(containers, zip).process().isAlive()).isTrue();
    }
  }

  @Test
  void aLibraryThatTheZipLacksIsMissedAtTheStart() throws Exception {
    Path zip = without("sluice-stages-");
    try (Containers containers = new Containers(Containers.Heap.QUARTER)) {
      assertThatThrownBy(() -> start(containers, zip))
          .hasMessageContaining("function validate-model ended before it listened");
    }
    assertThat(folder.resolve("log")).content().contains("NoClassDefFoundError: dev/sluice/stages");
  }
}
