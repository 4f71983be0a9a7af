package dev.sluice.localcloud.run;

import com.google.gson.annotations.SerializedName;
import dev.sluice.contracts.Json;
import dev.sluice.gcp.Facts;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.ObjectStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Gathers what became of a batch: the facts in BigQuery, the mapping and the model's card. */
final class ReportReader {
  /** From this share of distinct values on, whole numbers look like an id. */
  private static final double NEARLY_ALL = 0.95;

  private static final double NEARLY_NONE = 0.01;
  private static final long LEAST_FOR_ID = 50;

  private static final Pattern GROUPED = Pattern.compile("[-+]?\\d+(,\\d+)+(\\.\\d+)?");

  /** A feature of this share of the gain, in a model of that AUC, may be the label's other name. */
  private static final double ALL_THE_GAIN = 0.95;

  private static final double TOO_GOOD = 0.99;

  private final Facts facts;
  private final ObjectStore objects;
  private final String artifacts;

  /**
   * @param artifacts the bucket of artifacts
   */
  ReportReader(Facts facts, ObjectStore objects, String artifacts) {
    this.facts = facts;
    this.objects = objects;
    this.artifacts = artifacts;
  }

  /** The mapping's manifest, as far as a person wants to know it. */
  private record Manifest(
      Label label, @SerializedName("raw_columns") List<RawColumn> columns, List<Encoder> encoders) {
    record Label(
        String name,
        @Nullable String expression,
        String positive,
        long positives,
        long negatives,
        long missing) {}

    record RawColumn(String name, String role, @Nullable String reason) {}

    record Encoder(String column, String kind, @Nullable Boolean log, @Nullable Integer size) {}
  }

  private record Card(
      int rounds, @SerializedName("train_rows") long trainRows, Map<String, Double> importance) {}

  /** The fingerprint of what each operation of a run made. */
  Map<String, String> fingerprints(String pipeline, String run) {
    Map<String, String> out = new HashMap<>();
    for (Map<String, @Nullable Object> row :
        facts.query(
            "SELECT operation, fingerprint FROM stage_runs WHERE pipeline = @pipeline AND"
                + " run = @run AND fingerprint IS NOT NULL",
            Map.of("pipeline", pipeline, "run", run))) {
      out.put(text(row, "operation"), text(row, "fingerprint"));
    }
    return out;
  }

  /** The live version, or null where none is. */
  @Nullable Long liveVersion(String pipeline) {
    return facts
        .query(
            "SELECT version FROM models WHERE pipeline = @pipeline AND state = 'LIVE'",
            Map.of("pipeline", pipeline))
        .stream()
        .map(row -> number(row, "version"))
        .findFirst()
        .orElse(null);
  }

  /**
   * @param order column names in the file's order
   */
  BatchReport read(
      String pipeline, String file, String batch, List<Stages.Stage> stages, List<String> order) {
    Map<String, Object> ids = Map.of("pipeline", pipeline, "batch", batch);
    Map<String, String> made = fingerprints(pipeline, batch);
    String state = "UNKNOWN";
    String reason = null;
    long rows = 0;
    long rejectedRows = 0;
    for (Map<String, @Nullable Object> row :
        facts.query(
            "SELECT state, reason, `rows`, rejected_rows FROM batches WHERE pipeline ="
                + " @pipeline AND batch = @batch",
            ids)) {
      state = text(row, "state");
      reason = (String) row.get("reason");
      rows = number(row, "rows");
      rejectedRows = number(row, "rejected_rows");
    }
    String mapping = made.get("transform");
    Manifest manifest =
        mapping == null
            ? null
            : json(pipeline, "transform", mapping, "manifest.json", Manifest.class);
    List<BatchReport.Column> columns = columns(ids, order);
    List<BatchReport.Finding> findings = findings(ids, columns, manifest);
    BatchReport.Features features = manifest == null ? null : features(manifest);
    BatchReport.Model model =
        features == null ? null : model(pipeline, ids, made.get("train"), features);
    if (model != null) {
      findings.addAll(tooGood(model));
    }
    return new BatchReport(
        file,
        batch,
        state,
        reason,
        rows,
        rejectedRows,
        stages,
        columns,
        findings,
        rejected(ids),
        features,
        model,
        judgements(ids),
        failure(ids));
  }

  private List<BatchReport.Column> columns(Map<String, Object> ids, List<String> order) {
    Map<String, BatchReport.Column> found = new HashMap<>();
    for (Map<String, @Nullable Object> row :
        facts.query(
            "SELECT feature, type, count, missing, `unique`, min, median, max, top_values FROM"
                + " statistics WHERE pipeline = @pipeline AND batch = @batch AND split = ''"
                + " AND slice = ''",
            ids)) {
      List<String> values = new ArrayList<>();
      if (row.get("top_values") instanceof List<?> top) {
        for (Object value : top) {
          if (values.size() < 5 && value instanceof Map<?, ?> entry) {
            values.add(String.valueOf(entry.get("value")));
          }
        }
      }
      BatchReport.Column column =
          new BatchReport.Column(
              text(row, "feature"),
              text(row, "type"),
              number(row, "count"),
              number(row, "missing"),
              number(row, "unique"),
              real(row, "min"),
              real(row, "median"),
              real(row, "max"),
              values);
      found.put(column.name(), column);
    }
    List<BatchReport.Column> out = new ArrayList<>();
    for (String name : order) {
      BatchReport.Column column = found.remove(name);
      if (column != null) {
        out.add(column);
      }
    }
    out.addAll(found.values());
    return out;
  }

  private List<BatchReport.Finding> findings(
      Map<String, Object> ids, List<BatchReport.Column> columns, @Nullable Manifest manifest) {
    List<BatchReport.Finding> out = new ArrayList<>();
    for (Map<String, @Nullable Object> row :
        facts.query(
            "SELECT feature, severity, long_text FROM anomalies WHERE pipeline = @pipeline"
                + " AND batch = @batch ORDER BY CASE severity WHEN 'FAIL' THEN 0 WHEN 'WARN' THEN 1 ELSE 2 END, feature",
            ids)) {
      out.add(
          new BatchReport.Finding(
              text(row, "feature"), text(row, "severity"), text(row, "long_text")));
    }
    for (BatchReport.Column column : columns) {
      long rows = column.present() + column.missing();
      if (column.missing() == 0 && column.distinct() == 1 && rows > 1) {
        out.add(note(column, "has the same value in every row, so it tells a model nothing"));
      } else if (column.present() > 0 && column.present() < NEARLY_NONE * rows) {
        out.add(
            note(
                column,
                String.format(
                    Locale.ROOT, "has a value in only %,d of %,d rows", column.present(), rows)));
      }
    }
    for (BatchReport.Column column : columns) {
      if (column.type().equals("STRING")
          && !column.values().isEmpty()
          && column.values().stream().allMatch(value -> GROUPED.matcher(value).matches())) {
        out.add(
            note(
                column,
                "holds numbers with a comma, such as "
                    + column.values().getFirst()
                    + ", which are taken as text; write them without grouping and with a decimal"
                    + " point to use them as numbers"));
      }
    }
    if (manifest == null) {
      return out;
    }
    for (Manifest.Encoder encoder : manifest.encoders()) {
      for (BatchReport.Column column : columns) {
        if (column.name().equals(encoder.column())
            && column.type().equals("INT")
            && column.present() >= LEAST_FOR_ID
            && column.distinct() >= NEARLY_ALL * column.present()) {
          out.add(
              note(
                  column,
                  "has a number of its own in nearly every row; if it is an id, leave it out with"
                      + " exclude: ["
                      + Json.write(column.name())
                      + "] in a spec"));
        }
      }
    }
    if (manifest.label().missing() > 0) {
      out.add(
          new BatchReport.Finding(
              manifest.label().name(),
              "INFO",
              String.format(
                  Locale.ROOT,
                  "%s: %,d rows of train have no label; they are measured and not learned from",
                  manifest.label().name(),
                  manifest.label().missing())));
    }
    return out;
  }

  private static BatchReport.Finding note(BatchReport.Column column, String text) {
    return new BatchReport.Finding(column.name(), "INFO", column.name() + " " + text);
  }

  private List<BatchReport.Rejected> rejected(Map<String, Object> ids) {
    return facts
        .query(
            "SELECT `row`, line, reason FROM rejected_rows WHERE pipeline = @pipeline AND"
                + " batch = @batch ORDER BY line LIMIT "
                + BatchReport.MOST_REJECTED,
            ids)
        .stream()
        .map(row ->
            new BatchReport.Rejected(
                (Long) row.get("row"), (Long) row.get("line"), (String) row.get("reason")))
        .toList();
  }

  private static BatchReport.Features features(Manifest manifest) {
    Map<String, String> used = new LinkedHashMap<>();
    for (Manifest.Encoder encoder : manifest.encoders()) {
      used.put(
          encoder.column(),
          switch (encoder.kind()) {
            case "numeric" ->
                Boolean.TRUE.equals(encoder.log())
                    ? "number, logarithm and z-score"
                    : "number, z-score";
            case "one_hot" -> "text, a feature for each of " + encoder.size() + " values";
            default -> "text, " + encoder.size() + " values by number";
          });
    }
    Map<String, String> left = new LinkedHashMap<>();
    for (Manifest.RawColumn column : manifest.columns()) {
      if (column.role().equals("excluded")) {
        left.put(column.name(), column.reason() == null ? "" : column.reason());
      }
    }
    Manifest.Label label = manifest.label();
    return new BatchReport.Features(
        label.name(),
        label.expression(),
        label.positive(),
        label.positives(),
        label.negatives(),
        label.missing(),
        used,
        left);
  }

  private BatchReport.@Nullable Model model(
      String pipeline,
      Map<String, Object> ids,
      @Nullable String model,
      BatchReport.Features features) {
    if (model == null) {
      return null;
    }
    Card card = json(pipeline, "model", model, "model_card.json", Card.class);
    Map<String, BatchReport.Metric> metrics = new LinkedHashMap<>();
    long examples = 0;
    for (Map<String, @Nullable Object> row :
        facts.query(
            "SELECT metric, value, low, high, examples FROM evaluations WHERE pipeline ="
                + " @pipeline AND batch = @batch AND model = @model AND slice = '' ORDER BY metric",
            with(ids, "model", model))) {
      Double value = real(row, "value");
      if (value != null) {
        metrics.put(
            text(row, "metric"),
            new BatchReport.Metric(value, real(row, "low"), real(row, "high")));
        examples = Math.max(examples, number(row, "examples"));
      }
    }
    return new BatchReport.Model(
        model,
        card.rounds(),
        card.trainRows(),
        examples,
        metrics,
        baseline(metrics.get("positive_rate"), features.rate()),
        card.importance());
  }

  private static List<BatchReport.Finding> tooGood(BatchReport.Model model) {
    BatchReport.Metric auc = model.metrics().get("auc");
    if (auc == null || auc.value() < TOO_GOOD) {
      return List.of();
    }
    return model.importance().entrySet().stream()
        .filter(entry -> entry.getValue() >= ALL_THE_GAIN)
        .map(entry ->
            new BatchReport.Finding(
                entry.getKey(),
                "WARN",
                entry.getKey()
                    + " alone tells the label; if it is not known when a prediction is asked"
                    + " for, leave it out with exclude: ["
                    + Json.write(entry.getKey())
                    + "] in a spec"))
        .toList();
  }

  /** What the predictor that says train's rate to every row would get on the same rows. */
  private static Map<String, Double> baseline(BatchReport.@Nullable Metric positives, double rate) {
    if (positives == null) {
      return Map.of();
    }
    double p = positives.value();
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("auc", 0.5);
    out.put("log_loss", -(p * Math.log(rate) + (1 - p) * Math.log(1 - rate)));
    out.put("accuracy", rate >= 0.5 ? p : 1 - p);
    return out;
  }

  private List<BatchReport.Judgement> judgements(Map<String, Object> ids) {
    List<BatchReport.Judgement> out = new ArrayList<>();
    for (Map<String, @Nullable Object> row :
        facts.query(
            "SELECT subject, outcome, reasons FROM verdicts WHERE pipeline = @pipeline AND"
                + " batch = @batch ORDER BY subject",
            ids)) {
      List<String> reasons = new ArrayList<>();
      if (row.get("reasons") instanceof List<?> list) {
        list.forEach(reason -> reasons.add(String.valueOf(reason)));
      }
      out.add(new BatchReport.Judgement(text(row, "subject"), text(row, "outcome"), reasons));
    }
    return out;
  }

  private BatchReport.@Nullable Failure failure(Map<String, Object> ids) {
    return facts
        .query(
            "SELECT operation, error FROM stage_runs WHERE pipeline = @pipeline AND batch ="
                + " @batch AND error IS NOT NULL AND state = 'FAILED' ORDER BY started_at LIMIT 1",
            ids)
        .stream()
        .map(row -> new BatchReport.Failure(text(row, "operation"), text(row, "error")))
        .findFirst()
        .orElse(null);
  }

  private <T> T json(String pipeline, String kind, String fingerprint, String file, Class<T> type) {
    ObjectName object =
        ObjectName.of(artifacts, String.join("/", pipeline, kind, fingerprint, file));
    return Json.read(objects.read(object), type, object.uri());
  }

  private static Map<String, Object> with(Map<String, Object> ids, String name, Object value) {
    Map<String, Object> out = new HashMap<>(ids);
    out.put(name, value);
    return out;
  }

  private static String text(Map<String, @Nullable Object> row, String column) {
    Object value = row.get(column);
    return value == null ? "" : value.toString();
  }

  private static long number(Map<String, @Nullable Object> row, String column) {
    return row.get(column) instanceof Number number ? number.longValue() : 0;
  }

  private static @Nullable Double real(Map<String, @Nullable Object> row, String column) {
    return row.get(column) instanceof Number number ? (Double) number.doubleValue() : null;
  }
}
