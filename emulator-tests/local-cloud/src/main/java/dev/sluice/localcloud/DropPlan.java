package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ObjectPattern;
import dev.sluice.contracts.ObjectPattern.Place;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.SourceSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which objects files become under a spec's pattern, in the order of their upload.
 *
 * @param marker the empty object to write after all files, or null
 */
record DropPlan(
    SourceSpec.Inbox source, Place place, List<Upload> uploads, @Nullable String marker) {
  DropPlan {
    uploads = List.copyOf(uploads);
  }

  /**
   * A file and the object that it becomes.
   *
   * @param starts true where the object starts a run
   */
  record Upload(Path file, String object, boolean starts) {}

  /**
   * @param span null for the given day
   * @param today the span that is meant where none is given
   * @param complete true where a marker is to follow
   * @throws BadInput where the pattern cannot be filled so, saying what to change
   */
  static DropPlan of(
      PipelineSpec spec,
      List<Path> files,
      @Nullable String span,
      String today,
      @Nullable Long version,
      boolean complete) {
    SourceSpec.Inbox source =
        switch (spec.source()) {
          case SourceSpec.Inbox inbox -> inbox;
          case SourceSpec.BigQuery _ ->
              throw new BadInput(
                  "pipeline "
                      + spec.name()
                      + " takes a table, no files; ./sluice trigger "
                      + spec.name()
                      + " takes a snapshot of it");
          case SourceSpec.Stream _ ->
              throw new BadInput(
                  "pipeline " + spec.name() + " takes messages, no files; use ./sluice publish");
        };
    if (span != null && !source.pattern().hasSpan()) {
      throw new BadInput(
          "'" + source.pattern() + "', the spec's source, has no {SPAN}; leave --span out");
    }
    Place place = new Place(source.pattern().hasSpan() ? span == null ? today : span : "", version);
    ObjectPattern manifest =
        source instanceof SourceSpec.Objects objects ? objects.manifest() : null;
    List<Upload> uploads = new ArrayList<>();
    List<Upload> last = new ArrayList<>();
    Map<String, Path> taken = new HashMap<>();
    for (Path file : files) {
      String name = String.valueOf(file.getFileName());
      boolean labels = manifest != null && manifest.toString().endsWith("/" + name);
      String object =
          labels && manifest != null
              ? manifest.fill(place, name)
              : source.pattern().fill(place, name);
      Path other = taken.put(object, file);
      if (other != null) {
        throw new BadInput(
            other + " and " + file + " would both be " + object + "; rename one of them");
      }
      ObjectPattern marker = source.marker();
      boolean starts = marker == null || marker.place(object) != null;
      (labels ? last : uploads).add(new Upload(file, object, starts));
    }
    uploads.addAll(last);
    return new DropPlan(source, place, uploads, marker(spec, source, place, uploads, complete));
  }

  private static @Nullable String marker(
      PipelineSpec spec,
      SourceSpec.Inbox source,
      Place place,
      List<Upload> uploads,
      boolean complete) {
    if (!complete) {
      return null;
    }
    ObjectPattern marker = source.marker();
    if (marker == null) {
      throw new BadInput(
          "each file of pipeline "
              + spec.name()
              + " is complete by itself; leave --complete out, or add 'complete: marker' to its"
              + " spec's source");
    }
    if (!(source instanceof SourceSpec.Objects objects && marker.equals(objects.manifest()))) {
      return marker.fill(place, "");
    }
    if (uploads.stream().noneMatch(Upload::starts)) {
      throw new BadInput(
          "the labels, "
              + marker
              + ", complete the objects of pipeline "
              + spec.name()
              + "; name that file among the others");
    }
    return null;
  }

  /** True where something of it starts a run. */
  boolean starts() {
    return marker != null || uploads.stream().anyMatch(Upload::starts);
  }
}
