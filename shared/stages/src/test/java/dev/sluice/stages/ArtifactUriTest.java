package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArtifactUriTest {
  private static final String FINGERPRINT = "0123456789abcdef0123456789abcdef";

  @Test
  void aUriIsReadAndWrittenAlike() {
    String text = "gs://my-bucket/chicago-taxi/examples/" + FINGERPRINT + "/";
    ArtifactUri uri = ArtifactUri.parse(text);
    assertThat(uri)
        .isEqualTo(new ArtifactUri("my-bucket", "chicago-taxi", "examples", FINGERPRINT));
    assertThat(uri).hasToString(text);
    assertThat(uri.object("a/b.txt").uri()).isEqualTo(text + "a/b.txt");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "gs://b/p/examples/0123456789abcdef0123456789abcdef",
        "gs://b/p/examples/0123/",
        "gs://b/p/q/examples/0123456789abcdef0123456789abcdef/",
        "gs://b/../examples/0123456789abcdef0123456789abcdef/",
        "http://b/p/examples/0123456789abcdef0123456789abcdef/"
      })
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> ArtifactUri.parse(text))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("'" + text + "'");
  }
}
