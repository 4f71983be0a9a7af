package dev.sluice.contracts;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code dags/pipelines/<pipeline>.yaml}: all that makes one pipeline differ from another. Only the
 * label is required. An unknown key is an error that names its line and the nearest known key.
 */
public final class PipelineSpec {
  private static final List<String> KEYS =
      List.of(
          "source",
          "label",
          "exclude",
          "group_by",
          "slices",
          "split",
          "split_key",
          "max_rejected",
          "export",
          "schema",
          "features",
          "checks",
          "train",
          "evaluate",
          "gates",
          "serve",
          "engine",
          "shards",
          "schedule",
          "span_format",
          "after");

  private static final List<String> PRESETS =
      List.of("@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly");

  private static final Pattern SCHEDULE =
      Pattern.compile("[0-9A-Za-z*/,#?-]+( +[0-9A-Za-z*/,#?-]+){4}|" + String.join("|", PRESETS));

  /** The directives of strftime that are numbers, at least one of them. */
  private static final Pattern SPAN_FORMAT =
      Pattern.compile("[A-Za-z0-9_.-]*%[YmdHMjGV]([A-Za-z0-9_.-]|%[YmdHMjGV])*");

  private static final List<String> SECTIONS =
      List.of("features", "checks", "train", "evaluate", "gates", "serve");

  private final String name;
  private final Yaml yaml;
  private final SourceSpec source;
  private final SplitSpec split;
  private final RejectedLimit maxRejected;
  private final boolean exportsTfRecord;
  private final Engine engine;
  private final int shards;
  private final Label label;
  private final @Nullable String schedule;
  private final List<String> after;
  private final List<String> exclude;
  private final List<String> groupBy;
  private final List<List<String>> slices;

  private PipelineSpec(String name, Yaml yaml) {
    this.name = name;
    this.yaml = yaml.only(KEYS);
    this.source = SourceReader.read(name, yaml);
    this.split = SplitReader.read(yaml);
    this.maxRejected = maxRejected(yaml);
    yaml.choice("export", "tfrecord");
    this.exportsTfRecord = yaml.has("export");
    this.engine = engine(yaml);
    this.shards = shards(yaml, engine);
    this.label = label(name, yaml);
    this.exclude = yaml.strings("exclude");
    this.groupBy = yaml.strings("group_by");
    this.slices = slices(yaml);
    // What is read later has its form checked now, so that most mistakes show where a spec is put.
    SECTIONS.forEach(yaml::child);
    for (String later : List.of("evaluate", "serve")) {
      Yaml section = yaml.child(later);
      if (section != null && !section.values().isEmpty()) {
        throw yaml.refuse(later, "has no keys in this release; leave it out");
      }
    }
    yaml.string("schema");
    this.schedule = yaml.string("schedule");
    this.after = yaml.strings("after");
    checkStart(yaml);
  }

  /**
   * What a run learns.
   *
   * @param name the label's name: a column, or what the expression gives
   * @param expression a CEL expression over the columns, or null where the label is a column
   * @param positive the value that counts as positive, or null for the rarer one
   */
  public record Label(String name, @Nullable String expression, @Nullable String positive) {}

  /**
   * @param name the pipeline's name, which is the file's
   * @param text the file's YAML
   * @throws BadInput with file, line and key
   */
  public static PipelineSpec parse(String name, String text) {
    Names.check("pipeline", name, Names.PIPELINE);
    return new PipelineSpec(name, Yaml.parse(text, name + ".yaml"));
  }

  /** The pipeline's name. */
  public String name() {
    return name;
  }

  /** Where its batches come from. */
  public SourceSpec source() {
    return source;
  }

  /** What the model learns. */
  public Label label() {
    return label;
  }

  /** Columns that are measured and never a feature. */
  public List<String> exclude() {
    return exclude;
  }

  /** Columns whose values make the groups that the data checks look at; empty for automatic. */
  public List<String> groupBy() {
    return groupBy;
  }

  /** Sets of columns whose values make the slices that the evaluation reports. */
  public List<List<String>> slices() {
    return slices;
  }

  /** Which rows are for evaluation. */
  public SplitSpec split() {
    return split;
  }

  /** How many rows may be rejected before the batch is held. */
  public RejectedLimit maxRejected() {
    return maxRejected;
  }

  /** True where the examples are also to be written as TFRecord. */
  public boolean exportsTfRecord() {
    return exportsTfRecord;
  }

  /** How the operations are carried out. */
  public Engine engine() {
    return engine;
  }

  /** The shards of {@link Engine#SHARDS}; 0 with any other engine. */
  public int shards() {
    return shards;
  }

  /** The schema file beside the spec, or null where the schema is inferred. */
  public @Nullable String schema() {
    return yaml.string("schema");
  }

  /**
   * When Airflow starts a run: a cron expression of five fields, in UTC, or a preset such as {@code
   * @daily}; null where a delivery, a person or another pipeline does.
   */
  public @Nullable String schedule() {
    return schedule;
  }

  /**
   * The pipelines after whose releases a run starts: once each of them has put a version into
   * service since the last such run. Empty where none is waited for.
   */
  public List<String> after() {
    return after;
  }

  /**
   * Reads one of the mappings {@code features}, {@code checks}, {@code train}, {@code evaluate},
   * {@code gates} or {@code serve} with its module's own reader; an absent one is empty.
   *
   * @throws BadInput what the reader refuses, with file and line
   */
  public <T> T section(String key, Function<Map<String, @Nullable Object>, T> reader) {
    Yaml child = yaml.child(key);
    return child == null ? reader.apply(Map.of()) : child.bind(reader);
  }

  /** The values of some keys, as they stand in the file: what enters a fingerprint. */
  public Map<String, Object> subset(List<String> keys) {
    Map<String, Object> out = new LinkedHashMap<>();
    for (String key : keys) {
      Object value = yaml.values().get(key);
      if (value != null) {
        out.put(key, value);
      }
    }
    return out;
  }

  /** What starts a run, which Airflow and the local Composer read. */
  private void checkStart(Yaml yaml) {
    if (schedule != null && !SCHEDULE.matcher(schedule).matches()) {
      throw yaml.refuse(
          "schedule",
          "is '"
              + schedule
              + "'; write five fields of cron, such as '0 5 * * *', or one of "
              + String.join(", ", PRESETS));
    }
    String format = yaml.string("span_format");
    if (format != null && schedule == null) {
      throw yaml.refuse(
          "span_format", "tells the span of a run's date; add the 'schedule' that gives it one");
    }
    if (format != null && !SPAN_FORMAT.matcher(format).matches()) {
      throw yaml.refuse(
          "span_format",
          "is '"
              + format
              + "'; write %Y, %m, %d, %H, %M, %j, %G or %V with digits, letters and - _ . between"
              + " them, such as %Y-%m-%d");
    }
    if (!after.isEmpty() && schedule != null) {
      throw yaml.refuse("after", "stands beside 'schedule'; a pipeline is started by one of them");
    }
    for (String other : after) {
      if (!Names.PIPELINE.matcher(other).matches()) {
        throw yaml.refuse(
            "after", "names '" + other + "'; a pipeline's name matches " + Names.PIPELINE);
      }
      if (other.equals(name) || after.indexOf(other) != after.lastIndexOf(other)) {
        throw yaml.refuse(
            "after",
            other.equals(name)
                ? "names the pipeline itself, which would start itself for ever"
                : "names '" + other + "' twice; name each pipeline once");
      }
    }
  }

  private static RejectedLimit maxRejected(Yaml yaml) {
    double value = yaml.number("max_rejected", RejectedLimit.DEFAULT.value());
    return yaml.bind(_ -> new RejectedLimit(value));
  }

  private static Engine engine(Yaml yaml) {
    if ("dataflow".equals(yaml.string("engine"))) {
      throw yaml.refuse("engine", "is 'dataflow'; this release has auto, call and shards");
    }
    return Engine.valueOf(yaml.choice("engine", "auto", "call", "shards").toUpperCase(Locale.ROOT));
  }

  private static int shards(Yaml yaml, Engine engine) {
    if (engine == Engine.SHARDS) {
      if (!yaml.has("shards")) {
        throw yaml.refuse("engine", "is shards; say into how many with 'shards', from 2 to 256");
      }
      return yaml.integer("shards", 2, 2, 256);
    }
    if (yaml.has("shards")) {
      throw yaml.refuse("shards", "counts only with 'engine: shards'; add that or leave it out");
    }
    return 0;
  }

  private static Label label(String name, Yaml yaml) {
    Object value = yaml.values().get("label");
    if (value == null) {
      throw new BadInput(
          name
              + ".yaml names no label; add 'label: COLUMN' or 'label: {name: NAME, expression: CEL}'");
    }
    if (!(value instanceof Map)) {
      return new Label(yaml.requiredString("label"), null, null);
    }
    Yaml child = yaml.child("label");
    if (child == null) {
      throw new Bug("a mapping has a child");
    }
    child.only(List.of("name", "column", "expression", "positive"));
    String expression = child.string("expression");
    if (expression == null) {
      String column = child.string("column");
      return new Label(
          column == null ? child.requiredString("name") : column, null, child.string("positive"));
    }
    if (child.has("column") || child.has("positive")) {
      throw child.refuse(
          "expression", "stands for the positive class; leave out 'column' and 'positive'");
    }
    return new Label(child.requiredString("name"), expression, null);
  }

  private static List<List<String>> slices(Yaml yaml) {
    Object value = yaml.values().get("slices");
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw yaml.refuse(
          "slices", "must be a list of column lists, such as [[country], [category]]");
    }
    List<List<String>> out = new ArrayList<>();
    for (Object element : list) {
      if (element instanceof String column) {
        out.add(List.of(column));
      } else if (element instanceof List<?> columns
          && !columns.isEmpty()
          && columns.stream().allMatch(String.class::isInstance)) {
        out.add(columns.stream().map(String.class::cast).toList());
      } else {
        throw yaml.refuse(
            "slices", "must be a list of column lists, such as [[country], [category]]");
      }
    }
    return List.copyOf(out);
  }
}
