package dev.sluice.functions.receivefile;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Source;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The part of {@code google.events.cloud.storage.v1.StorageObjectData} that a batch needs. The data
 * are read and the event's headers are not: only the data carry every name unchanged.
 */
record FinalizedObject(
    String bucket,
    String name,
    String generation,
    @Nullable String size,
    @Nullable String crc32c,
    @Nullable Instant timeCreated) {
  FinalizedObject {
    if (bucket == null || name == null || name.isEmpty() || generation == null) {
      throw new BadInput("the event's data lack bucket, name or generation");
    }
    if (!generation.matches("[1-9][0-9]{0,17}")) {
      throw new BadInput(
          "generation of gs://" + bucket + "/" + name + " is '" + generation + "'; it is a number");
    }
  }

  /**
   * @throws BadInput where the event carries no such data
   */
  static FinalizedObject of(CloudEvent event) {
    CloudEventData data = event.getData();
    if (data == null) {
      throw new BadInput("event " + event.getId() + " of type " + event.getType() + " has no data");
    }
    return Json.read(data.toBytes(), FinalizedObject.class, "the data of event " + event.getId());
  }

  /** True for the empty objects that tools make to show a folder. */
  boolean isFolder() {
    return name.endsWith("/");
  }

  /** As Cloud Storage lists it. */
  StoredObject stored() {
    return new StoredObject(
        new ObjectName(bucket, name, Long.valueOf(generation)),
        size == null ? 0 : Long.parseLong(size),
        crc32c == null ? "" : crc32c,
        "application/octet-stream",
        created());
  }

  Source source() {
    return new Source(
        "gs://" + bucket + "/" + name + "#" + generation,
        size == null ? 0 : Long.parseLong(size),
        crc32c == null ? "" : crc32c);
  }

  Instant created() {
    return timeCreated == null ? Instant.EPOCH : timeCreated;
  }
}
