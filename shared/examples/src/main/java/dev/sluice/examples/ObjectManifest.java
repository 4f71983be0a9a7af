package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a manifest CSV says of each object of a folder. Memory is the manifest's size, {@value
 * #MAX_BYTES} bytes at most.
 *
 * @param columns the names that it adds, in its order
 * @param entries by the object's uri
 * @param rejected lines that say nothing of any object
 */
record ObjectManifest(
    List<String> columns, Map<String, Entry> entries, List<RejectedLine> rejected) {
  private static final long MAX_BYTES = 1 << 28;

  /** The columns that tell the object. */
  private static final Set<String> KEYS = Set.of("file", "uri");

  /**
   * What the manifest says of one object.
   *
   * @param values as {@link ObjectManifest#columns}, the raw texts
   * @param problem why nobody knows which line holds, or null
   */
  record Entry(long line, List<byte[]> values, @Nullable String problem) {}

  /** A line that is rejected. */
  record RejectedLine(long line, RecordReader.Problem problem) {}

  /**
   * @param objects the folder's objects by uri
   * @throws BadInput where the manifest is no CSV, lacks its columns, or is too large
   */
  static ObjectManifest read(
      ByteSource source, Map<String, ObjectEntry> objects, Set<String> builtIn) throws IOException {
    String name = source.name();
    if (source.size() > MAX_BYTES) {
      throw new BadInput(
          name
              + " has "
              + source.size()
              + " bytes; a manifest has at most "
              + MAX_BYTES
              + ", split the folder");
    }
    CsvFile csv = CsvFile.of(source);
    CsvHeader header = csv.header();
    int key = header.names().indexOf("uri");
    if (key < 0) {
      key = header.names().indexOf("file");
    }
    if (key < 0) {
      throw new BadInput(
          name
              + ", line 1: the manifest has no column file and none uri; it has "
              + String.join(", ", header.names())
              + "; name the objects in a column file");
    }
    List<Integer> places = new ArrayList<>();
    for (int f = 0; f < header.names().size(); f++) {
      String column = header.names().get(f);
      if (KEYS.contains(column)) {
        continue;
      }
      if (builtIn.contains(column)) {
        throw new BadInput(
            name
                + ", line 1: column "
                + column
                + " is one that every object has by itself; rename it");
      }
      places.add(f);
    }
    if (places.isEmpty()) {
      throw new BadInput(
          name + ", line 1: the manifest says nothing of its files; add a column label");
    }
    Lookup lookup = new Lookup(name, objects);
    Map<String, Entry> entries = new LinkedHashMap<>();
    List<RejectedLine> rejected = new ArrayList<>();
    try (CsvScanner scanner = csv.scan()) {
      while (scanner.next()) {
        String broken = scanner.problem();
        if (broken != null) {
          rejected.add(
              new RejectedLine(
                  scanner.line(), new RecordReader.Problem(null, scanner.raw(), broken)));
          continue;
        }
        String file = text(scanner, key);
        String uri = lookup.uri(file);
        if (uri == null) {
          String reason =
              file.isEmpty()
                  ? "the line names no file; name one or remove the line"
                  : "the manifest names a file that is not there"
                      + (lookup.isTwice(file) ? " by that name alone" : "")
                      + "; upload it, or correct the name";
          rejected.add(
              new RejectedLine(
                  scanner.line(), new RecordReader.Problem(header.names().get(key), file, reason)));
          continue;
        }
        List<byte[]> values = new ArrayList<>(places.size());
        for (int place : places) {
          values.add(Arrays.copyOfRange(scanner.bytes(), scanner.start(place), scanner.end(place)));
        }
        add(entries, uri, new Entry(scanner.line(), values, null), name);
      }
    }
    return new ObjectManifest(places.stream().map(header.names()::get).toList(), entries, rejected);
  }

  private static void add(Map<String, Entry> entries, String uri, Entry entry, String manifest) {
    Entry first = entries.putIfAbsent(uri, entry);
    if (first != null && !same(first.values, entry.values)) {
      entries.put(
          uri,
          new Entry(
              first.line,
              first.values,
              manifest
                  + " says different things of it on line "
                  + first.line
                  + " and line "
                  + entry.line
                  + "; keep one"));
    }
  }

  private static boolean same(List<byte[]> a, List<byte[]> b) {
    for (int i = 0; i < a.size(); i++) {
      if (!Arrays.equals(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static String text(CsvScanner scanner, int field) {
    int from = scanner.start(field);
    return new String(scanner.bytes(), from, scanner.end(field) - from, UTF_8).strip();
  }

  /** Finds the object that a manifest means. */
  private static final class Lookup {
    private final Map<String, ObjectEntry> objects;
    private final List<String> folders;
    private final Map<String, @Nullable String> byName = new HashMap<>();

    Lookup(String manifest, Map<String, ObjectEntry> objects) {
      this.objects = objects;
      this.folders =
          List.of(
              ObjectFolder.commonFolder(objects.values()),
              manifest.substring(0, manifest.lastIndexOf('/') + 1),
              "");
      objects.forEach((uri, entry) -> {
        boolean twice = byName.containsKey(entry.name());
        byName.put(entry.name(), twice ? null : uri);
      });
    }

    @Nullable String uri(String file) {
      for (String folder : folders) {
        if (objects.containsKey(folder + file)) {
          return folder + file;
        }
      }
      return byName.get(file);
    }

    /** True where several folders have a file of that name. */
    boolean isTwice(String file) {
      return byName.containsKey(file);
    }
  }
}
