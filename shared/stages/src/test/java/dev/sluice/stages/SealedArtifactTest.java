package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Artifact;
import dev.sluice.contracts.Artifact.StoredFile;
import dev.sluice.contracts.BadInput;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.testing.Forgery;
import dev.sluice.testing.MemoryCloud;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealedArtifactTest {
  private static final String TEXT = "a model of 2026-11-01";

  private final MemoryCloud cloud = new MemoryCloud();
  private final ArtifactUri uri =
      ArtifactUri.parse(cloud.artifact("p", "model", "model.ubj", TEXT));
  @TempDir Path folder;

  private SealedArtifact sealed() {
    return SealedArtifact.of(cloud.objects(), uri);
  }

  private StoredObject put(String name, byte[] bytes) {
    return cloud.objects().write(uri.object(name), bytes, "text/plain", WriteCondition.anything());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void whatWasSealedIsRead() throws Exception {
    assertThat(sealed().read("model.ubj")).asString().isEqualTo(TEXT);
    sealed().download("model.ubj", folder.resolve("x"));
    assertThat(folder.resolve("x")).hasContent(TEXT);
    assertThat(sealed().verified("model.ubj").generation()).isNotNull();
  }

  @Test
  void anObjectThatWasReplacedIsRefused() {
    put("model.ubj", bytes("another model"));
    Path file = folder.resolve("x");
    assertThatThrownBy(() -> sealed().read("model.ubj"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("model.ubj was changed after it was sealed")
        .hasMessageContaining("restore the generation that was sealed");
    assertThatThrownBy(() -> sealed().download("model.ubj", file))
        .hasMessageContaining("was changed");
    assertThat(file).doesNotExist();
    assertThatThrownBy(() -> sealed().verified("model.ubj")).hasMessageContaining("was changed");
  }

  @Test
  void aForgeryWithTheSameCrc32cAndSizeIsRefused() {
    StoredFile before = sealed().file("model.ubj");
    StoredObject forged = put("model.ubj", Forgery.sameCrc32c(bytes(TEXT)));
    assertThat(forged.crc32c()).isEqualTo(before.crc32c());
    assertThat(forged.size()).isEqualTo(before.bytes());
    assertThatThrownBy(() -> sealed().read("model.ubj"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("with sha256 " + before.sha256());
  }

  @Test
  void anObjectThatWasLaidBesideTheOthersIsRefused() {
    put("more.ubj", bytes("x"));
    assertThat(sealed().has("more.ubj")).isFalse();
    assertThatThrownBy(() -> sealed().read("more.ubj"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("more.ubj is not of the artifact as it was sealed");
  }

  @Test
  void whatWasSealedBeforeSha256WasKeptIsComparedByCrc32c() {
    ObjectName file = uri.object(Artifact.FILE);
    String json = cloud.objects().text(file).replaceAll(",\"sha256\":\"[0-9a-f]{64}\"", "");
    put(Artifact.FILE, bytes(json));
    assertThat(sealed().file("model.ubj").sha256()).isNull();
    assertThat(sealed().read("model.ubj")).asString().isEqualTo(TEXT);
    put("model.ubj", bytes("a model of 2026-11-02"));
    assertThatThrownBy(() -> sealed().read("model.ubj"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("with crc32c");
  }

  @Test
  void anArtifactThatWasNeverSealedIsRefused() {
    ArtifactUri other = new ArtifactUri(uri.bucket(), "p", "model", "0".repeat(32));
    cloud.objects().put(other.bucket(), other.object("model.ubj").name(), TEXT);
    assertThatThrownBy(() -> SealedArtifact.of(cloud.objects(), other))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining(Artifact.FILE);
  }
}
