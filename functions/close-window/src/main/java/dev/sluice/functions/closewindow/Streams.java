package dev.sluice.functions.closewindow;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.StoredObject;
import dev.sluice.stages.Platform;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every pipeline whose source is a stream; what is wrong with one holds up no other. */
final class Streams {
  private final Platform platform;
  private final WindowCloser closer;

  /** What a spec said last, so that a call each minute reads only those that changed. */
  private final Map<String, Known> known = new LinkedHashMap<>();

  private record Known(long generation, SourceSpec.@Nullable Stream stream) {}

  Streams(Platform platform) {
    this.platform = platform;
    this.closer = new WindowCloser(platform);
  }

  /**
   * Closes what is due.
   *
   * @return pipeline to the names of the batches made
   * @throws Unavailable where some could not be closed, after all were tried
   */
  synchronized Map<String, List<String>> closeAll() {
    Map<String, List<String>> made = new LinkedHashMap<>();
    List<String> failed = new ArrayList<>();
    for (Map.Entry<String, StoredObject> entry : platform.specs().entrySet()) {
      String pipeline = entry.getKey();
      StoredObject file = entry.getValue();
      try {
        SourceSpec.Stream stream = stream(pipeline, file);
        List<String> batches = stream == null ? List.of() : closer.close(pipeline, stream);
        if (!batches.isEmpty()) {
          made.put(pipeline, batches);
        }
      } catch (RuntimeException e) {
        failed.add(pipeline + ": " + e.getMessage());
        fail(pipeline, e);
      }
    }
    if (!failed.isEmpty()) {
      throw new Unavailable(
          "windows could not be closed, and the next call tries again: "
              + String.join("; ", failed));
    }
    return made;
  }

  private SourceSpec.@Nullable Stream stream(String pipeline, StoredObject file) {
    Known last = known.get(pipeline);
    if (last == null || last.generation() != file.generation()) {
      SourceSpec.Stream stream = null;
      try {
        SourceSpec source = platform.spec(pipeline, file.generation()).source();
        stream = source instanceof SourceSpec.Stream taken ? taken : null;
      } catch (BadInput e) {
        // Whoever sends something to this pipeline is told; nothing is known of its windows.
        platform.log().warning("no window of " + pipeline + " closes: " + e.getMessage());
      }
      last = new Known(file.generation(), stream);
      known.put(pipeline, last);
    }
    return last.stream();
  }

  private void fail(String pipeline, RuntimeException failure) {
    platform.log().error("pipeline " + pipeline + ": " + failure.getMessage(), failure);
    if (failure instanceof Unavailable) {
      return;
    }
    try {
      platform.alarm(
          List.of(
              Alarm.of(
                  pipeline,
                  null,
                  null,
                  Alarm.Severity.FAIL,
                  "close-window",
                  "windows of pipeline "
                      + pipeline
                      + " are not closed; its rows wait in stream_rows, for up to 30 days: "
                      + failure.getMessage(),
                  null,
                  platform.clock().instant())));
    } catch (SluiceException e) {
      platform.log().error("the alarm of pipeline " + pipeline + " was not sent", e);
    }
  }
}
