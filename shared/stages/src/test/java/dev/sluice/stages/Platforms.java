package dev.sluice.stages;

import dev.sluice.testing.MemoryCloud;

/** Platforms over a cloud in memory. */
final class Platforms {
  private Platforms() {}

  static Platform of(MemoryCloud cloud) {
    return of(cloud, "code-1");
  }

  static Platform of(MemoryCloud cloud, String codeVersion) {
    return Platform.of(
        Configuration.of(cloud::setting),
        codeVersion,
        cloud.clock(),
        cloud.objects(),
        cloud.facts(),
        cloud.messages(),
        cloud.composer());
  }
}
