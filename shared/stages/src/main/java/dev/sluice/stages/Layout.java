package dev.sluice.stages;

import dev.sluice.contracts.Batch;
import dev.sluice.gcp.ObjectName;

/**
 * Where things lie in the artifacts and the serving bucket.
 *
 * @param artifacts the bucket of artifacts, batches and runs
 * @param serving the bucket of specs, registries, routes and released versions
 */
public record Layout(String artifacts, String serving) {
  /** {@code <artifacts>/<pipeline>/batches/<batch>.json}. */
  public ObjectName batch(String pipeline, String batch) {
    return ObjectName.of(artifacts, pipeline + "/batches/" + batch + ".json");
  }

  /** {@code <artifacts>/<pipeline>/receipts/<hash of the cause>.json}. */
  public ObjectName receipt(String pipeline, String cause) {
    return ObjectName.of(artifacts, Batch.receipt(pipeline, cause));
  }

  /** {@code <artifacts>/<pipeline>/runs/<run>/pins.json}. */
  public ObjectName pins(String pipeline, String run) {
    return ObjectName.of(artifacts, pipeline + "/runs/" + run + "/pins.json");
  }

  /** {@code <artifacts>/<pipeline>/<kind>/<fingerprint>/<name>}. */
  public ObjectName artifact(String pipeline, String kind, String fingerprint, String name) {
    return ObjectName.of(artifacts, pipeline + "/" + kind + "/" + fingerprint + "/" + name);
  }

  /** {@code <serving>/specs/<file>}. */
  public ObjectName spec(String file) {
    return ObjectName.of(serving, "specs/" + file);
  }

  /** {@code <serving>/<pipeline>/registry.json}. */
  public ObjectName registry(String pipeline) {
    return ObjectName.of(serving, pipeline + "/registry.json");
  }

  /** {@code <serving>/<pipeline>/routes.json}. */
  public ObjectName routes(String pipeline) {
    return ObjectName.of(serving, pipeline + "/routes.json");
  }

  /** {@code <serving>/<pipeline>/versions/<version>/<name>}. */
  public ObjectName version(String pipeline, int version, String name) {
    return ObjectName.of(serving, pipeline + "/versions/" + version + "/" + name);
  }
}
