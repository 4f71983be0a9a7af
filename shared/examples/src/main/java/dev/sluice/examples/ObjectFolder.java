package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A folder of objects, one row an object, in the order of their names.
 *
 * <p>Columns: {@code uri}, {@code name}, {@code size}, {@code media_type}, {@code crc32c}, {@code
 * created} where it is known; {@code label} and what else the manifest has; {@code decoded} ({@code
 * true} or {@code false}) and {@code decode_problem}; {@code text_length}, {@code words} and {@code
 * language} where some object may be text; {@code width}, {@code height}, {@code channels} and
 * {@code brightness} where some may be an image; {@code text} and {@code image} on demand. Which of
 * them there are follows from names and stored content types alone, so that every shard agrees.
 *
 * <p>An object that cannot be decoded stays an example, {@code decoded} being {@code false}. It is
 * rejected where it is empty, where its bytes are of another kind than its name and its content
 * type both claim, and where its label is not known.
 *
 * <p>An object's offset is the sum of the sizes before it, so a folder is cut as a file is. Memory
 * is the listing and one object of at most {@value #MAX_BYTES} bytes.
 */
final class ObjectFolder extends RecordFile {
  /** A larger object is not decoded. */
  static final int MAX_BYTES = 1 << 26;

  static final String LABEL = "label";

  private static final List<String> ALWAYS =
      List.of("uri", "name", "size", "media_type", "crc32c", "decoded", "decode_problem");
  private static final List<String> OF_TEXT = List.of("text_length", "words", "language");
  private static final List<String> OF_IMAGE = List.of("width", "height", "channels", "brightness");

  private final List<ObjectEntry> entries;
  private final long[] offsets;
  private final ObjectOptions options;
  private final @Nullable ObjectManifest manifest;
  private final String manifestName;
  private final Kinds declared;

  /**
   * @throws BadInput where there are no objects, one is listed twice, or the manifest is no
   *     manifest
   */
  ObjectFolder(Collection<ObjectEntry> listed, ObjectOptions options) throws IOException {
    ByteSource source =
        options.labels() instanceof ObjectLabels.ByManifest by ? by.manifest() : null;
    this.options = options;
    this.manifestName = source == null ? "" : source.name();
    Map<String, ObjectEntry> byUri = new TreeMap<>(Comparator.naturalOrder());
    for (ObjectEntry entry : listed) {
      if (entry.isFolder() || entry.uri().equals(manifestName)) {
        continue;
      }
      if (byUri.put(entry.uri(), entry) != null) {
        throw new BadInput(entry.uri() + " is listed twice; list one generation of each object");
      }
    }
    if (byUri.isEmpty()) {
      throw new BadInput("the folder has no objects; upload at least one");
    }
    this.entries = List.copyOf(byUri.values());
    this.offsets = new long[entries.size() + 1];
    for (int e = 0; e < entries.size(); e++) {
      offsets[e + 1] = offsets[e] + entries.get(e).size();
    }
    this.manifest = source == null ? null : ObjectManifest.read(source, byUri, builtIn());
    this.declared = kinds();
  }

  private static Set<String> builtIn() {
    Set<String> names = new LinkedHashSet<>(ALWAYS);
    names.addAll(OF_TEXT);
    names.addAll(OF_IMAGE);
    names.addAll(List.of("created", "text", "image"));
    return names;
  }

  private Kinds kinds() {
    Kinds kinds = new Kinds();
    see(kinds, Numbers.TEXT, "uri", "name");
    see(kinds, Numbers.INT, "size");
    see(kinds, Numbers.TEXT, "media_type", "crc32c");
    if (entries.stream().anyMatch(entry -> entry.created() != null)) {
      see(kinds, Numbers.TEXT, "created");
    }
    switch (options.labels()) {
      case ObjectLabels.None none -> {}
      case ObjectLabels.ByFolder folder -> {
        kinds.place(LABEL);
        for (ObjectEntry entry : entries) {
          see(kinds, kind(label(entry)), LABEL);
        }
      }
      case ObjectLabels.ByManifest by -> {
        ObjectManifest held = held();
        held.columns().forEach(kinds::place);
        for (ObjectManifest.Entry entry : held.entries().values()) {
          for (int c = 0; c < held.columns().size(); c++) {
            see(kinds, kind(entry.values().get(c)), held.columns().get(c));
          }
        }
      }
    }
    see(kinds, Numbers.TEXT, "decoded", "decode_problem");
    boolean text = entries.stream().anyMatch(entry -> may(entry, true));
    boolean image = entries.stream().anyMatch(entry -> may(entry, false));
    if (text) {
      see(kinds, Numbers.INT, "text_length", "words");
      see(kinds, Numbers.TEXT, "language");
    }
    if (image) {
      see(kinds, Numbers.INT, "width", "height", "channels");
      see(kinds, Numbers.FLOAT, "brightness");
    }
    if (options.inlineText()) {
      see(kinds, Numbers.TEXT, "text");
    }
    if (options.inlineImages()) {
      see(kinds, Kinds.BINARY, "image");
    }
    return kinds;
  }

  private static void see(Kinds kinds, int kind, String... names) {
    for (String name : names) {
      kinds.see(kinds.place(name), kind);
    }
  }

  private static int kind(byte[] value) {
    return Numbers.kind(value, 0, value.length);
  }

  /** What the name and the stored content type claim; empty where they claim nothing. */
  private static List<String> claims(ObjectEntry entry) {
    List<String> claims = new ArrayList<>();
    String name = MediaTypes.byName(entry.name());
    if (name != null) {
      claims.add(name);
    }
    String stored = MediaTypes.stored(entry.contentType());
    if (stored != null) {
      claims.add(stored);
    }
    return claims;
  }

  private static boolean may(ObjectEntry entry, boolean text) {
    List<String> claims = claims(entry);
    return claims.isEmpty()
        || claims.stream()
            .anyMatch(claim -> text ? MediaTypes.isText(claim) : MediaTypes.isImage(claim));
  }

  /** The last folder of its name; empty where it lies in none. */
  private static byte[] label(ObjectEntry entry) {
    String folder = entry.folder();
    if (folder.isEmpty() || folder.endsWith("//")) {
      return new byte[0];
    }
    String path = folder.substring(0, folder.length() - 1);
    boolean bucket = path.contains("://") && path.lastIndexOf('/') == path.indexOf("://") + 2;
    return bucket ? new byte[0] : path.substring(path.lastIndexOf('/') + 1).getBytes(UTF_8);
  }

  /** What the names of all begin with, up to and with a slash. */
  static String commonFolder(Collection<ObjectEntry> entries) {
    String common = null;
    for (ObjectEntry entry : entries) {
      common = common == null ? entry.folder() : common(common, entry.folder());
    }
    return common == null ? "" : common;
  }

  private static String common(String a, String b) {
    int i = 0;
    while (i < a.length() && i < b.length() && a.charAt(i) == b.charAt(i)) {
      i++;
    }
    return a.substring(0, a.lastIndexOf('/', i - 1) + 1);
  }

  private ObjectManifest held() {
    ObjectManifest held = manifest;
    return held == null ? new ObjectManifest(List.of(), Map.of(), List.of()) : held;
  }

  /** What the objects' names have in common. */
  @Override
  public String name() {
    String folder = commonFolder(entries);
    return folder.isEmpty() ? entries.getFirst().uri() : folder;
  }

  @Override
  public long bytes() {
    return offsets[entries.size()];
  }

  @Override
  public String format() {
    return switch (options.labels()) {
      case ObjectLabels.None none -> "objects";
      case ObjectLabels.ByFolder folder -> "objects, label by folder";
      case ObjectLabels.ByManifest by -> "objects, label by " + by.manifest().name();
    };
  }

  @Override
  @Nullable String indivisible() {
    return null;
  }

  @Override
  boolean declare(Kinds kinds) {
    kinds.merge(declared);
    return true;
  }

  @Override
  boolean openColumns() {
    return false;
  }

  @Override
  RecordReader read(Stretch stretch) {
    return new Reader(stretch);
  }

  /** Objects, and at the end the lines of the manifest that belong to none. */
  private final class Reader extends RecordReader {
    private final long to;
    private final long first;
    private long end;
    private int next;
    private int current = -1;
    private @Nullable Loaded loaded;
    private @Nullable Problem problem;
    private Map<String, Integer> places = Map.of();
    private List<Field> bound = List.of();
    private byte[] buffer = new byte[1 << 16];

    Reader(Stretch stretch) {
      to = stretch.to();
      while (next < entries.size() && offsets[next] < stretch.from()) {
        next++;
      }
      // Empty objects at the end, and the manifest's leftovers, are their last stretch's.
      first = offsets[next];
      end = first;
    }

    @Override
    boolean next() throws IOException {
      int records = entries.size() + held().rejected().size();
      if (next >= records || offsets[Math.min(next, entries.size())] >= to) {
        return false;
      }
      current = next++;
      loaded = null;
      problem = null;
      if (current < entries.size()) {
        end = offsets[current + 1];
        problem = check(entries.get(current));
      } else {
        problem = held().rejected().get(current - entries.size()).problem();
      }
      return true;
    }

    private @Nullable Problem check(ObjectEntry entry) throws IOException {
      Problem unlabelled = unlabelled(entry);
      if (unlabelled != null) {
        return unlabelled;
      }
      if (entry.size() == 0) {
        return new Problem(null, "", "the object is empty; upload it again");
      }
      Loaded object = load(entry);
      loaded = object;
      List<String> claims = claims(entry);
      if (object.type == null || claims.stream().anyMatch(c -> agrees(object.type, c))) {
        return null;
      }
      return claims.isEmpty()
          ? null
          : new Problem(
              "media_type",
              object.type,
              String.format(
                  Locale.ROOT,
                  "it is called %s and is %s; correct its name or its content",
                  String.join(" and ", claims),
                  object.type.equals(MediaTypes.UNKNOWN)
                      ? "none by its first bytes"
                      : object.type));
    }

    private static boolean agrees(String content, String claim) {
      return MediaTypes.agrees(content, claim);
    }

    private @Nullable Problem unlabelled(ObjectEntry entry) {
      return switch (options.labels()) {
        case ObjectLabels.None none -> null;
        case ObjectLabels.ByFolder folder ->
            label(entry).length > 0
                ? null
                : new Problem(
                    LABEL, "", "it lies in no folder that names its label; move it into one");
        case ObjectLabels.ByManifest by -> {
          ObjectManifest.Entry line = held().entries().get(entry.uri());
          String why =
              line == null
                  ? manifestName + " has no line for it; add one, or remove the object"
                  : line.problem();
          yield why == null ? null : new Problem(LABEL, "", why);
        }
      };
    }

    private Loaded load(ObjectEntry entry) throws IOException {
      int length = 0;
      boolean whole;
      try (InputStream in = entry.bytes().open()) {
        int most = (int) Math.min(entry.size(), MAX_BYTES);
        if (buffer.length < most + 1) {
          buffer = new byte[most + 1];
        }
        if (entry.size() > MAX_BYTES) {
          most = 1 << 16;
        }
        length = in.readNBytes(buffer, 0, most + 1);
        whole = length <= most && entry.size() <= MAX_BYTES;
      }
      if (entry.size() <= MAX_BYTES && length != entry.size()) {
        throw new IOException(
            entry.uri()
                + " gave "
                + (length > entry.size() ? "more" : "only " + length)
                + " of its "
                + entry.size()
                + " bytes; read it again");
      }
      return new Loaded(entry, buffer, length, whole);
    }

    @Override
    @Nullable Problem problem() {
      return problem;
    }

    @Override
    @Nullable String source() {
      return current < entries.size() ? entries.get(current).uri() : manifestName;
    }

    @Override
    long offset() {
      return offsets[Math.min(current, entries.size())];
    }

    @Override
    long line() {
      return current < entries.size() ? 0 : held().rejected().get(current - entries.size()).line();
    }

    /** Nothing: names and the manifest have told all, before any object was read. */
    @Override
    void look(Kinds kinds) {}

    @Override
    void bind(List<Field> fields, Kinds kinds) {
      bound = fields;
      places = new LinkedHashMap<>();
      for (int c = 0; c < fields.size(); c++) {
        places.put(fields.get(c).name(), c);
      }
    }

    @Override
    void append(BatchBuilder builder) throws Misfit {
      ObjectEntry entry = entries.get(current);
      Loaded object = loaded;
      if (object == null) {
        return;
      }
      text(builder, "uri", entry.uri());
      text(builder, "name", entry.name());
      integer(builder, "size", entry.size());
      text(builder, "media_type", object.mediaType());
      text(builder, "crc32c", entry.crc32c().isEmpty() ? object.crc32c() : entry.crc32c());
      if (entry.created() != null) {
        text(builder, "created", entry.created().toString());
      }
      switch (options.labels()) {
        case ObjectLabels.None none -> {}
        case ObjectLabels.ByFolder folder -> csv(builder, LABEL, label(entry));
        case ObjectLabels.ByManifest by -> {
          ObjectManifest.Entry line = held().entries().get(entry.uri());
          for (int c = 0; line != null && c < held().columns().size(); c++) {
            csv(builder, held().columns().get(c), line.values().get(c));
          }
        }
      }
      String failure = features(builder, object);
      text(builder, "decoded", failure == null ? "true" : "false");
      if (failure != null) {
        text(builder, "decode_problem", failure);
      }
    }

    /** Puts what the content is like; why it could not be decoded, or null. */
    private @Nullable String features(BatchBuilder builder, Loaded object) throws Misfit {
      String type = object.mediaType();
      boolean image = MediaTypes.isImage(type);
      if (image && options.inlineImages() && object.whole && object.length <= options.maxBytes()) {
        builder.binary(place("image"), object.bytes, 0, object.length);
      }
      if (!image && !MediaTypes.isText(type)) {
        return null;
      }
      if (!object.whole) {
        return "the object is larger than " + MAX_BYTES + " bytes; at most these are decoded";
      }
      return image ? image(builder, object, type) : text(builder, object);
    }

    private @Nullable String image(BatchBuilder builder, Loaded object, String type) throws Misfit {
      ImageObject image = ImageObject.read(object.bytes, object.length, type);
      if (image.width() > 0) {
        integer(builder, "width", image.width());
        integer(builder, "height", image.height());
      }
      if (image.channels() > 0) {
        integer(builder, "channels", image.channels());
      }
      if (image.problem() == null) {
        builder.number(place("brightness"), image.brightness());
      }
      return image.problem();
    }

    private @Nullable String text(BatchBuilder builder, Loaded object) throws Misfit {
      Charset charset = object.charset;
      if (charset == null) {
        return "the text is in no encoding that is known (UTF-8, UTF-16, Latin-1); save it as UTF-8";
      }
      TextObject text = TextObject.read(object.bytes, object.length, charset);
      if (text.problem() != null) {
        return text.problem();
      }
      integer(builder, "text_length", text.length());
      integer(builder, "words", text.words());
      text(builder, "language", options.languages().guess(text.start()));
      if (options.inlineText() && object.length <= options.maxBytes()) {
        byte[] utf8 = TextObject.utf8(object.bytes, object.length, charset);
        builder.text(place("text"), utf8, 0, utf8.length);
      }
      return null;
    }

    private int place(String column) {
      Integer place = places.get(column);
      if (place == null) {
        throw new Bug("column " + column + " is not among those bound");
      }
      return place;
    }

    private void integer(BatchBuilder builder, String column, long value) throws Misfit {
      builder.integer(place(column), value);
    }

    private void text(BatchBuilder builder, String column, String value) throws Misfit {
      byte[] b = value.getBytes(UTF_8);
      builder.text(place(column), b, 0, b.length);
    }

    /** A value typed as CSV types it. */
    private void csv(BatchBuilder builder, String column, byte[] b) throws Misfit {
      int place = place(column);
      switch (bound.get(place).type()) {
        case STRING -> builder.text(place, b, 0, b.length);
        case INT -> {
          if (kind(b) == Numbers.INT) {
            builder.integer(place, Numbers.parseLong(b, 0, b.length));
          }
        }
        case FLOAT -> {
          if ((kind(b) & (Numbers.INT | Numbers.FLOAT | Numbers.BIG)) != 0) {
            builder.number(place, Numbers.parseDouble(b, 0, b.length));
          }
        }
      }
    }

    @Override
    long first() {
      return first;
    }

    @Override
    long end() {
      return end;
    }

    @Override
    long lines() {
      return 0;
    }

    @Override
    public void close() {}
  }

  /** The bytes of one object, or their beginning where there are too many. */
  private static final class Loaded {
    private final ObjectEntry entry;
    private final byte[] bytes;
    private final int length;
    private final boolean whole;
    private final @Nullable Charset charset;

    /** What the content is; unknown bytes that are called text are null. */
    private final @Nullable String type;

    Loaded(ObjectEntry entry, byte[] bytes, int length, boolean whole) {
      this.entry = entry;
      this.bytes = bytes;
      this.length = length;
      this.whole = whole;
      String signed = MediaTypes.byContent(bytes, length);
      this.charset = signed == null ? Encodings.of(bytes, length, whole) : null;
      List<String> claims = claims(entry);
      if (signed != null) {
        this.type = signed;
      } else if (charset != null) {
        this.type = claims.stream().filter(MediaTypes::isText).findFirst().orElse("text/plain");
      } else if (claims.stream().anyMatch(MediaTypes::isText)) {
        this.type = null;
      } else {
        this.type = MediaTypes.UNKNOWN;
      }
    }

    /** By content, then by name, then as stored. */
    String mediaType() {
      if (type != null && !type.equals(MediaTypes.UNKNOWN) && !type.equals("application/zip")) {
        return type;
      }
      List<String> claims = claims(entry);
      return claims.isEmpty() ? MediaTypes.UNKNOWN : claims.getFirst();
    }

    String crc32c() {
      if (!whole) {
        return "";
      }
      CRC32C crc = new CRC32C();
      crc.update(bytes, 0, length);
      int value = (int) crc.getValue();
      return Base64.getEncoder()
          .encodeToString(
              new byte[] {
                (byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value
              });
    }
  }
}
