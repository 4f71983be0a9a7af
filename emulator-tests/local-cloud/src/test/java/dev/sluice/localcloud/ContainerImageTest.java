package dev.sluice.localcloud;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ContainerImageTest {
  private static final byte[] TEXT = "text".getBytes(UTF_8);

  @TempDir Path folder;
  private byte[] jar = {};

  @BeforeEach
  void compile() throws IOException {
    jar =
        CompiledFunction.jar(
            folder,
            """
            implements HttpFunction {
              public void service(HttpRequest request, HttpResponse response) {}
            }
            """);
  }

  private ContainerImage build(Map<String, byte[]> files) throws IOException {
    return ContainerImage.build(
        CompiledFunction.http(), CompiledFunction.zip(folder, files), folder.resolve("workspace"));
  }

  private void refused(Map<String, byte[]> files, String message) {
    assertThatThrownBy(() -> build(files)).isInstanceOf(BadInput.class).hasMessage(message);
  }

  @Test
  void theOneJarAtTheRootIsTheClassPath() throws Exception {
    ContainerImage image = build(Map.of("small.jar", jar, "libs/other.jar", TEXT));

    assertThat(image.jar()).isEqualTo("small.jar");
    assertThat(image.folder().resolve("libs/other.jar")).hasBinaryContent(TEXT);
  }

  @Test
  void twoJarsAtTheRootAreRefused() {
    refused(
        Map.of("small.jar", jar, "other.jar", TEXT),
        "small.zip has several jars at its root, other.jar, small.jar; the buildpack takes exactly"
            + " one");
  }

  @Test
  void noJarAtTheRootIsRefused() {
    refused(
        Map.of("libs/small.jar", jar),
        "small.zip has no jar at its root but libs; the buildpack takes exactly one");
  }

  @Test
  void aBuildFileAtTheRootIsRefused() {
    refused(
        Map.of("small.jar", jar, "pom.xml", TEXT),
        "small.zip has a pom.xml at its root, which the buildpack would build instead");
  }

  @Test
  void anEntryPointThatIsNotThereIsRefused() throws Exception {
    Path zip = CompiledFunction.zip(folder, Map.of("small.jar", jar));
    assertThatThrownBy(() ->
            ContainerImage.build(
                dev.sluice.contracts.FunctionManifest.parse(
                    "small", "entry_point: example.Other\ntrigger: {http: {}}\nmemory: 512Mi\n"),
                zip,
                folder.resolve("workspace")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "small.zip has no class example.Other, the entry_point of"
                + " functions/small/function.yaml");
  }

  @Test
  void aFileThatWouldLieOutsideIsRefused() {
    refused(Map.of("../small.jar", jar), "small.zip holds ../small.jar, which lies outside of it");
  }
}
