package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.Json;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReleaseTest {
  @Test
  void theTextIsTheSameInEveryProcess() {
    Release release =
        new Release(
            1,
            "gs://a/p/model/1/",
            "gs://a/p/transform/1/",
            // The order of such a map is another one in each process.
            Map.of("g", "7", "c", "3", "a", "1", "f", "6", "b", "2", "h", "8", "e", "5", "d", "4"),
            Map.of("g", "7", "c", "3", "a", "1", "f", "6"));

    assertThat(Json.write(release))
        .endsWith(
            "\"checksums\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"4\","
                + "\"e\":\"5\",\"f\":\"6\",\"g\":\"7\",\"h\":\"8\"},"
                + "\"sha256\":{\"a\":\"1\",\"c\":\"3\",\"f\":\"6\",\"g\":\"7\"}}");
  }
}
