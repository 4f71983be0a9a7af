package dev.sluice.stages;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Conflict;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.ObjectPattern.Place;
import dev.sluice.contracts.Order;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes batches of what the inbox holds, and stores batches so that the first one stands. What a
 * batch holds is chosen once, by whoever comes first; a repeated or racing caller gets that choice,
 * however the inbox has changed meanwhile.
 */
public final class Batches {
  private final Platform platform;

  public Batches(Platform platform) {
    this.platform = platform;
  }

  /** What the inbox holds of one span and version. */
  private static final class Content {
    private final List<StoredObject> objects = new ArrayList<>();
    private final List<StoredObject> manifests = new ArrayList<>();
    private boolean marked;

    /** True where it may be learned from. */
    private boolean isComplete(SourceSpec.Inbox source) {
      return !objects.isEmpty() && (marked || source.marker() == null);
    }
  }

  /**
   * The batch that an object sets off: a batch by itself or, where it is a marker, one of all the
   * data beside it; each with the newest versions of the spans before it, as far as the source asks
   * for them.
   *
   * @param cause the object, at its generation
   * @param place where it belongs
   * @return nothing where it is a marker and no data lie beside it
   */
  public Optional<Batch> of(
      String pipeline, SourceSpec.Inbox source, StoredObject cause, Place place) {
    if (source.marker() == null && source.spans() == 1) {
      return Optional.of(store(batch(pipeline, source, place, List.of(cause), List.of())));
    }
    ObjectName receipt = platform.layout().receipt(pipeline, cause.name().uri());
    Optional<Batch> chosen = chosen(receipt);
    if (chosen.isEmpty()) {
      NavigableMap<Place, Content> inbox = inbox(source, cause);
      List<StoredObject> own;
      if (source.marker() == null) {
        own = List.of(cause);
      } else {
        Content content = inbox.getOrDefault(place, new Content());
        if (content.objects.isEmpty()) {
          return Optional.empty();
        }
        own = all(content);
      }
      List<StoredObject> before = preceding(source, inbox, place);
      chosen = Optional.of(choose(receipt, () -> batch(pipeline, source, place, own, before)));
    }
    return chosen.map(this::store);
  }

  /**
   * The batch of the newest span and version that the inbox holds and that is complete: of all of
   * it where there are markers, else of its newest object.
   *
   * @param span the only one to look at; null for all
   */
  public Optional<Batch> newest(
      String pipeline, SourceSpec.Inbox source, String bucket, @Nullable String span) {
    NavigableMap<Place, Content> inbox = new TreeMap<>();
    Map<Place, StoredObject> markers = new TreeMap<>();
    platform
        .objects()
        .list(bucket, prefix(source))
        .forEach(object -> {
          add(inbox, source, object);
          Place marked = source.marker() == null ? null : source.marker().place(name(object));
          if (marked != null) {
            markers.put(marked, object);
          }
        });
    for (Map.Entry<Place, Content> entry : inbox.descendingMap().entrySet()) {
      Place place = entry.getKey();
      if (entry.getValue().isComplete(source) && (span == null || span.equals(place.span()))) {
        StoredObject cause =
            source.marker() == null
                ? entry.getValue().objects.stream()
                    .max(
                        Comparator.comparing(StoredObject::created)
                            .thenComparing(object -> object.name().uri()))
                    .orElseThrow()
                : markers.get(place);
        return of(pipeline, source, cause, place);
      }
    }
    return Optional.empty();
  }

  /** The batch that a cause makes once: the first one that anybody makes, stored. */
  public Batch once(String pipeline, String cause, Supplier<Batch> made) {
    ObjectName receipt = platform.layout().receipt(pipeline, cause);
    return store(chosen(receipt).orElseGet(() -> choose(receipt, made)));
  }

  /** Writes a batch if there is none of its name, and gives what stands. */
  public Batch store(Batch batch) {
    ObjectName name = platform.layout().batch(batch.pipeline(), batch.batch());
    try {
      platform
          .objects()
          .write(name, Json.bytes(batch), "application/json", WriteCondition.ifAbsent());
      return batch;
    } catch (Conflict e) {
      return Json.read(platform.objects().read(name), Batch.class, name.uri());
    }
  }

  private Optional<Batch> chosen(ObjectName receipt) {
    Optional<ObjectStore.Loaded> found = platform.objects().load(receipt);
    return found.map(loaded -> Json.read(loaded.bytes(), Batch.class, receipt.uri()));
  }

  private Batch choose(ObjectName receipt, Supplier<Batch> made) {
    Batch batch = made.get();
    try {
      platform
          .objects()
          .write(receipt, Json.bytes(batch), "application/json", WriteCondition.ifAbsent());
      return batch;
    } catch (Conflict e) {
      return chosen(receipt).orElseThrow(() -> e);
    }
  }

  /** Without spans to look back at, only what lies beside the marker is listed. */
  private NavigableMap<Place, Content> inbox(SourceSpec.Inbox source, StoredObject cause) {
    String prefix = source.spans() == 1 ? folder(name(cause)) : prefix(source);
    NavigableMap<Place, Content> inbox = new TreeMap<>();
    platform
        .objects()
        .list(cause.name().bucket(), prefix)
        .forEach(object -> add(inbox, source, object));
    return inbox;
  }

  /** What the names of data and markers begin with. */
  private static String prefix(SourceSpec.Inbox source) {
    String prefix = source.pattern().prefix();
    return source.marker() == null ? prefix : folder(prefix);
  }

  private static String folder(String name) {
    return name.substring(0, name.lastIndexOf('/') + 1);
  }

  private static void add(
      NavigableMap<Place, Content> inbox, SourceSpec.Inbox source, StoredObject object) {
    String name = name(object);
    Place place = source.place(name);
    if (place != null) {
      inbox.computeIfAbsent(place, _ -> new Content()).objects.add(object);
    }
    if (source.marker() != null) {
      Place marked = source.marker().place(name);
      if (marked != null) {
        inbox.computeIfAbsent(marked, _ -> new Content()).marked = true;
      }
    }
    if (source instanceof SourceSpec.Objects objects && objects.manifest() != null) {
      Place labelled = objects.manifest().place(name);
      if (labelled != null) {
        inbox.computeIfAbsent(labelled, _ -> new Content()).manifests.add(object);
      }
    }
  }

  /** Of each span before, newest first, the newest version that is complete. */
  private static List<StoredObject> preceding(
      SourceSpec.Inbox source, NavigableMap<Place, Content> inbox, Place place) {
    List<StoredObject> out = new ArrayList<>();
    int left = source.spans() - 1;
    String span = place.span();
    for (Map.Entry<Place, Content> entry : inbox.descendingMap().entrySet()) {
      if (left == 0) {
        break;
      }
      if (Order.SPANS.compare(entry.getKey().span(), span) < 0
          && entry.getValue().isComplete(source)) {
        out.addAll(all(entry.getValue()));
        span = entry.getKey().span();
        left--;
      }
    }
    return out;
  }

  private static List<StoredObject> all(Content content) {
    Comparator<StoredObject> byName = Comparator.comparing(Batches::name);
    List<StoredObject> out = new ArrayList<>(content.objects);
    out.sort(byName);
    content.manifests.stream().sorted(byName).forEach(out::add);
    return out;
  }

  private static Batch batch(
      String pipeline,
      SourceSpec.Inbox source,
      Place place,
      List<StoredObject> own,
      List<StoredObject> before) {
    List<Source> sources = new ArrayList<>();
    Instant received = Instant.MIN;
    for (List<StoredObject> part : List.of(own, before)) {
      for (StoredObject object : part) {
        sources.add(new Source(object.name().uri(), object.size(), object.crc32c()));
        received = received.isAfter(object.created()) ? received : object.created();
      }
    }
    return Batch.of(pipeline, source.kind(), place.span(), place.version(), sources, received);
  }

  private static String name(StoredObject object) {
    return object.name().name();
  }
}
