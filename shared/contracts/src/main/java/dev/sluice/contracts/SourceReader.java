package dev.sluice.contracts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Reads the key {@code source} of a spec. */
final class SourceReader {
  /** The name of the object that says that a span is complete. */
  private static final String MARKER = "_SUCCESS";

  /** Each form, and what may stand beside it. */
  private static final Map<String, List<String>> FORMS = new LinkedHashMap<>();

  static {
    FORMS.put("files", List.of("spans", "complete", "columns"));
    FORMS.put("objects", List.of("spans", "complete", "label_from", "inline"));
    FORMS.put("bigquery", List.of());
    FORMS.put("stream", List.of());
  }

  private static final int MAX_SPANS = 1_000;
  private static final int MAX_STREAMS = 1_000;
  private static final int MAX_INLINE_BYTES = 16 << 20;

  private static final Pattern TABLE =
      Pattern.compile("([a-z][a-z0-9.:-]*\\.)?[A-Za-z0-9_]+\\.[^./@$`\\s]+");
  private static final Pattern PARTITION = Pattern.compile("[0-9]{1,18}|__NULL__");

  /** What a run's span stands in place of. */
  static final String SPAN = "{SPAN}";

  /** Neither quotes nor two dashes, so that a span ends no text and begins no comment. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9]+([-_.:+][A-Za-z0-9]+)*");

  private SourceReader() {}

  static String plain(String span) {
    if (span.length() > 64 || !PLAIN.matcher(span).matches()) {
      throw new BadInput(
          "the span is '"
              + Names.printable(span)
              + "'; in a table or query it must be letters and digits with single - _ . : or +"
              + " between them, such as 2026-11-01");
    }
    return span;
  }

  /** {@code 20261101} of {@code 2026-11-01}, likewise of a month or an hour. */
  static String partition(String span) {
    String digits = span.replaceAll("[-_.:T]", "");
    if (!PARTITION.matcher(digits).matches()) {
      throw new BadInput(
          "the span is '" + span + "', of which no partition's id can be made; it takes digits");
    }
    return digits;
  }

  static SourceSpec read(String pipeline, Yaml yaml) {
    Yaml source = yaml.child("source");
    if (source == null) {
      return new SourceSpec.Files(
          ObjectPattern.parse(pipeline + "/{SPAN}/*"), /* spans= */ 1, null, List.of());
    }
    String form = form(yaml, source);
    return switch (form) {
      case "files" -> files(source);
      case "objects" -> objects(source);
      case "bigquery" -> bigQuery(child(source, "bigquery"));
      default -> stream(child(source, "stream"));
    };
  }

  private static String form(Yaml yaml, Yaml source) {
    Set<String> known = new LinkedHashSet<>(FORMS.keySet());
    FORMS.values().forEach(known::addAll);
    source.only(known);
    List<String> forms = new ArrayList<>(FORMS.keySet());
    forms.retainAll(source.values().keySet());
    if (forms.isEmpty()) {
      throw yaml.refuse(
          "source", "says no place; give one of " + String.join(", ", FORMS.keySet()));
    }
    if (forms.size() > 1) {
      throw source.refuse(
          forms.get(1), "stands beside '" + forms.getFirst() + "'; a source is one of them");
    }
    String form = forms.getFirst();
    for (String key : source.values().keySet()) {
      List<String> beside = FORMS.getOrDefault(form, List.of());
      if (!key.equals(form) && !beside.contains(key)) {
        throw source.refuse(
            key,
            "does not go with '"
                + form
                + "'"
                + (beside.isEmpty()
                    ? ", whose keys stand under it"
                    : ", which takes " + String.join(", ", beside)));
      }
    }
    return form;
  }

  private static Yaml child(Yaml source, String form) {
    Yaml child = source.child(form);
    if (child == null) {
      throw source.refuse(form, "must be a mapping of keys to values");
    }
    return child;
  }

  private static SourceSpec files(Yaml source) {
    ObjectPattern pattern = pattern(source, "files");
    ObjectPattern marker =
        isMarked(source) ? placed(source, "files", () -> pattern.beside(MARKER)) : null;
    return new SourceSpec.Files(pattern, spans(source, pattern), marker, columns(source));
  }

  private static SourceSpec objects(Yaml source) {
    ObjectPattern pattern = pattern(source, "objects");
    String labelFrom = source.string("label_from");
    ObjectPattern manifest = null;
    if (labelFrom != null && !labelFrom.equals("folder")) {
      if (!labelFrom.matches("[^/._*{}][^/*{}]*\\.csv")) {
        throw source.refuse(
            "label_from",
            "is '"
                + labelFrom
                + "'; give 'folder', or the name of a CSV file such as manifest.csv");
      }
      manifest = placed(source, "objects", () -> pattern.beside(labelFrom));
    }
    ObjectPattern marker =
        isMarked(source) ? placed(source, "objects", () -> pattern.beside(MARKER)) : manifest;
    if (marker == null) {
      throw source.refuse(
          "objects",
          "is a folder of examples, and nothing says when it is complete; add 'complete: marker'"
              + " and write "
              + MARKER
              + " last, or 'label_from: manifest.csv' and write that last");
    }
    int spans = spans(source, pattern);
    if (manifest != null && spans > 1) {
      throw source.refuse(
          "spans", "is " + spans + ", but a file of labels is one span's; leave 'spans' out");
    }
    Yaml inline = source.child("inline");
    return new SourceSpec.Objects(
        pattern,
        spans,
        marker,
        "folder".equals(labelFrom),
        manifest,
        inline == null ? new SourceSpec.Inline(false, false, 65_536) : inline(inline));
  }

  private static SourceSpec.Inline inline(Yaml inline) {
    inline.only(List.of("text", "images", "max_bytes"));
    return new SourceSpec.Inline(
        inline.bool("text", false),
        inline.bool("images", false),
        inline.integer("max_bytes", 65_536, 1, MAX_INLINE_BYTES));
  }

  private static SourceSpec bigQuery(Yaml source) {
    source.only(List.of("table", "query", "partition", "columns", "where", "streams"));
    int streams = source.integer("streams", 1, 1, MAX_STREAMS);
    if (!source.has("query")) {
      return table(source, streams);
    }
    for (String key : List.of("table", "partition", "columns", "where")) {
      if (source.has(key)) {
        throw source.refuse(key, "does not go with 'query'; say it in the query");
      }
    }
    String query = source.requiredString("query");
    String problem = GoogleSql.problem(query);
    if (problem != null) {
      throw source.refuse("query", problem);
    }
    return new SourceSpec.Query(query, streams);
  }

  private static SourceSpec table(Yaml source, int streams) {
    if (!source.has("table")) {
      throw source.refuse("table", "or 'query' is missing; give one of them");
    }
    String table = source.requiredString("table");
    if (!TABLE.matcher(table).matches()) {
      throw source.refuse(
          "table",
          "is '"
              + table
              + "'; write dataset.table or project.dataset.table, and a partition apart");
    }
    String partition = source.string("partition");
    if (partition != null && !partition.equals(SPAN) && !PARTITION.matcher(partition).matches()) {
      throw source.refuse(
          "partition",
          "is '"
              + partition
              + "'; give its id: digits alone, such as 20261101 for a day, or '{SPAN}' for the"
              + " partition of each run's span");
    }
    String where = source.string("where");
    String problem = where == null ? null : GoogleSql.problem(where);
    if (problem != null) {
      throw source.refuse("where", problem);
    }
    return new SourceSpec.Table(table, partition, columns(source), where, streams);
  }

  private static SourceSpec stream(Yaml source) {
    source.only(List.of("window", "allowed_lateness", "late"));
    Duration window = source.duration("window", Duration.ofMinutes(5));
    if (window.isZero() || window.compareTo(Duration.ofDays(7)) > 0) {
      throw source.refuse(
          "window",
          "is " + source.string("window") + "; a window lasts at least 1s and at most 7d");
    }
    Duration lateness = source.duration("allowed_lateness", Duration.ofMinutes(1));
    if (lateness.compareTo(Duration.ofDays(7)) > 0) {
      throw source.refuse(
          "allowed_lateness",
          "is " + source.string("allowed_lateness") + "; a window stays open for at most 7d");
    }
    return new SourceSpec.Stream(
        window,
        lateness,
        source.choice("late", "next", "table").equals("next")
            ? SourceSpec.Late.NEXT
            : SourceSpec.Late.TABLE);
  }

  private static ObjectPattern pattern(Yaml source, String key) {
    String text = source.requiredString(key);
    return placed(source, key, () -> ObjectPattern.parse(text));
  }

  /** Adds the place to what the pattern refuses of itself. */
  private static ObjectPattern placed(Yaml source, String key, Supplier<ObjectPattern> pattern) {
    try {
      return pattern.get();
    } catch (BadInput e) {
      throw source.refuse(key, String.valueOf(e.getMessage()));
    }
  }

  private static boolean isMarked(Yaml source) {
    source.choice("complete", "marker");
    return source.has("complete");
  }

  private static int spans(Yaml source, ObjectPattern pattern) {
    int spans = source.integer("spans", 1, 1, MAX_SPANS);
    if (spans > 1 && !pattern.hasSpan()) {
      throw source.refuse(
          "spans", "needs {SPAN} in the source's pattern, which is '" + pattern + "'");
    }
    return spans;
  }

  private static List<String> columns(Yaml source) {
    List<String> columns = source.strings("columns");
    String bad = null;
    for (int i = 0; i < columns.size(); i++) {
      String column = columns.get(i);
      if (column.isBlank()) {
        bad = "holds an empty name";
      } else if (columns.indexOf(column) < i) {
        bad = "names '" + column + "' twice";
      }
    }
    if (bad != null) {
      throw source.refuse("columns", bad + "; name each column once");
    }
    return columns;
  }
}
