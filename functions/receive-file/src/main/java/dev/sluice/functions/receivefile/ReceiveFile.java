package dev.sluice.functions.receivefile;

import com.google.cloud.functions.CloudEventsFunction;
import dev.sluice.contracts.BadInput;
import dev.sluice.stages.Platform;
import io.cloudevents.CloudEvent;

/**
 * Turns an object that was finalized in the inbox into a batch and its DAG run.
 *
 * <p>Called by Eventarc with a Cloud Storage CloudEvent (binary mode, {@code StorageObjectData} as
 * JSON). An event that can never be served is recorded and acknowledged; anything else that goes
 * wrong throws, and Eventarc delivers it again. Settings come from its function.yaml.
 */
public final class ReceiveFile implements CloudEventsFunction {
  private final Platform platform = Platform.of(ReceiveFile.class);
  private final Reception reception = new Reception(platform);

  @Override
  public void accept(CloudEvent event) {
    try {
      reception.receive(FinalizedObject.of(event));
    } catch (BadInput e) {
      platform.log().error("event " + event.getId() + ": " + e.getMessage(), e);
    }
  }
}
