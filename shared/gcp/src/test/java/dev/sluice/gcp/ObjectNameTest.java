package dev.sluice.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectNameTest {

  @Test
  void parsesWithAndWithoutGeneration() {
    assertThat(ObjectName.parse("gs://inbox/taxi/2026-11-01/a b.csv#17"))
        .isEqualTo(new ObjectName("inbox", "taxi/2026-11-01/a b.csv", 17L));
    assertThat(ObjectName.parse("gs://inbox/a#b.csv")).isEqualTo(ObjectName.of("inbox", "a#b.csv"));
  }

  @Test
  void whatUriWritesParseReads() {
    Random random = new Random(3);
    String alphabet = "ab#/1 2.é漢";
    for (int i = 0; i < 2_000; i++) {
      StringBuilder name = new StringBuilder();
      for (int j = random.nextInt(1, 9); j > 0; j--) {
        name.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      ObjectName pinned = new ObjectName("bucket", name.toString(), random.nextLong(1, 1L << 62));
      assertThat(ObjectName.parse(pinned.uri())).isEqualTo(pinned);
      if (!name.toString().matches(".+#[1-9][0-9]*")) {
        assertThat(ObjectName.parse(pinned.live().uri())).isEqualTo(pinned.live());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "inbox/a",
        "gs://",
        "gs://inbox",
        "gs://inbox/",
        "gs://In box/a",
        "gs:///a",
        "gs://inbox/a\nb",
        "gs://inbox/a#9999999999999999999"
      })
  void refusesWhatIsNoObject(String uri) {
    assertThatThrownBy(() -> ObjectName.parse(uri)).isInstanceOf(BadInput.class);
  }

  @Test
  void refusesANameThatWouldReadAsAnotherGeneration() {
    assertThatThrownBy(() -> ObjectName.of("inbox", "a#12"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("gs://inbox/a#12");
    assertThatThrownBy(() -> new ObjectName("inbox", "a", 0L))
        .hasMessageContaining("generation of gs://inbox/a is 0");
    assertThatThrownBy(() -> ObjectName.of("inbox", "é".repeat(513)))
        .hasMessageContaining("1026 bytes");
  }
}
