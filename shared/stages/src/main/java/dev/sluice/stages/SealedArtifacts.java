package dev.sluice.stages;

import dev.sluice.gcp.ObjectStore;
import java.util.HashMap;
import java.util.Map;

/** The sealed artifacts that one call looks at; what seals each is read once. */
public final class SealedArtifacts {
  private final ObjectStore objects;
  private final Map<ArtifactUri, SealedArtifact> opened = new HashMap<>();

  public SealedArtifacts(ObjectStore objects) {
    this.objects = objects;
  }

  /**
   * @throws dev.sluice.contracts.BadInput where it was never sealed
   */
  public SealedArtifact get(ArtifactUri uri) {
    return opened.computeIfAbsent(uri, u -> SealedArtifact.of(objects, u));
  }
}
