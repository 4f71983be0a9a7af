package dev.sluice.gcp;

import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryError;
import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.DatasetId;
import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.FieldList;
import com.google.cloud.bigquery.FieldValue;
import com.google.cloud.bigquery.FieldValueList;
import com.google.cloud.bigquery.InsertAllRequest;
import com.google.cloud.bigquery.InsertAllResponse;
import com.google.cloud.bigquery.JobException;
import com.google.cloud.bigquery.LegacySQLTypeName;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.QueryParameterValue;
import com.google.cloud.bigquery.StandardSQLTypeName;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TableResult;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Facts through BigQuery's streaming inserts ({@code tabledata.insertAll}). */
final class BigQueryFacts implements Facts {
  /** Google advises 500 rows a request; a request may have 10 MB, and text grows on its way. */
  static final int ROWS_A_REQUEST = 500;

  static final long BYTES_A_REQUEST = 5_000_000;

  private static final Set<String> PASSING =
      Set.of(
          "backendError",
          "internalError",
          "quotaExceeded",
          "rateLimitExceeded",
          "jobRateLimitExceeded",
          "timeout",
          "tableUnavailable");

  private final Supplier<BigQuery> bigquery;
  private final String dataset;
  private final UnaryOperator<String> physicalTable;
  private final Backoff backoff;
  private final Clock clock;

  BigQueryFacts(
      Supplier<BigQuery> bigquery,
      String dataset,
      UnaryOperator<String> physicalTable,
      Backoff backoff,
      Clock clock) {
    this.bigquery = bigquery;
    this.dataset = dataset;
    this.physicalTable = physicalTable;
    this.backoff = backoff;
    this.clock = clock;
  }

  private record Row(Fact fact, String insertId, Map<String, Object> content, long bytes) {}

  @Override
  public void append(List<Fact> facts) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    Map<String, Integer> seen = new HashMap<>();
    Map<String, List<Row>> byTable = new LinkedHashMap<>();
    for (Fact fact : facts) {
      // Of two rows of one key in a call the later one is newer, which the views go by.
      int before = seen.merge(fact.table() + '\n' + fact.key(), 1, Integer::sum) - 1;
      byTable
          .computeIfAbsent(physicalTable.apply(fact.table()), _ -> new ArrayList<>())
          .add(row(fact, now.plus(before, ChronoUnit.MICROS)));
    }
    byTable.forEach(this::appendTo);
  }

  private static Row row(Fact fact, Instant updatedAt) {
    Map<String, Object> content = new LinkedHashMap<>();
    fact.values()
        .forEach((column, value) -> {
          if (value != null) {
            content.put(column, json(value, fact, column));
          }
        });
    content.put("row_key", fact.key());
    content.put("updated_at", updatedAt.toString());
    // With the time in it, the id makes a request safe to repeat and nothing else: a state that
    // comes back (A, B, A) within the minute in which BigQuery drops known ids must not be lost.
    // The
    // hash keeps apart what two writers say of one key in one microsecond.
    String id =
        Fingerprint.of(List.of(fact.table(), fact.key(), updatedAt.toString(), content.hashCode()));
    return new Row(fact, id, content, length(content) + 120);
  }

  /**
   * About the characters that the value has as JSON; writing each row twice would cost more than
   * the rest.
   */
  private static long length(Object value) {
    return switch (value) {
      case CharSequence text -> text.length() + 3;
      case Collection<?> values -> {
        long sum = 2;
        for (Object element : values) {
          sum += length(element);
        }
        yield sum;
      }
      case Map<?, ?> record -> {
        long sum = 2;
        for (Map.Entry<?, ?> entry : record.entrySet()) {
          sum += length(entry.getKey()) + length(entry.getValue());
        }
        yield sum;
      }
      default -> 25;
    };
  }

  /** JSON as insertAll takes it. */
  private static Object json(Object value, Fact fact, String column) {
    return switch (value) {
      case Double d when !Double.isFinite(d) -> text(d);
      case Float f when !Float.isFinite(f) -> text(f.doubleValue());
      case Number number -> number;
      case Boolean bool -> bool;
      case CharSequence text -> text.toString();
      case Instant time -> time.truncatedTo(ChronoUnit.MICROS).toString();
      case LocalDate date -> date.toString();
      case Enum<?> choice -> choice.name();
      case Collection<?> values -> {
        List<Object> out = new ArrayList<>(values.size());
        for (Object element : values) {
          if (element == null) {
            throw new Bug(
                where(fact) + ", column " + column + ": a REPEATED value cannot hold null");
          }
          out.add(json(element, fact, column));
        }
        yield out;
      }
      case Map<?, ?> record -> {
        Map<String, Object> out = new LinkedHashMap<>();
        record.forEach((key, element) -> {
          if (element != null) {
            out.put(String.valueOf(key), json(element, fact, column + "." + key));
          }
        });
        yield out;
      }
      default ->
          throw new Bug(
              where(fact)
                  + ", column "
                  + column
                  + ": "
                  + value.getClass().getName()
                  + " has no form in BigQuery; give text, a number, a boolean, a time, a list or a"
                  + " map");
    };
  }

  /** Not in JSON, yet FLOAT64 has them by these names. */
  private static String text(double value) {
    return Double.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  }

  private static String where(Fact fact) {
    return "table " + fact.table() + ", row " + fact.key();
  }

  private void appendTo(String table, List<Row> rows) {
    int from = 0;
    while (from < rows.size()) {
      int to = from;
      long bytes = 0;
      while (to < rows.size()
          && to - from < ROWS_A_REQUEST
          && (to == from || bytes + rows.get(to).bytes() <= BYTES_A_REQUEST)) {
        bytes += rows.get(to).bytes();
        to++;
      }
      insert(table, rows.subList(from, to));
      from = to;
    }
  }

  private void insert(String table, List<Row> rows) {
    InsertAllRequest.Builder request = InsertAllRequest.newBuilder(TableId.of(dataset, table));
    for (Row row : rows) {
      request.addRow(row.insertId(), row.content());
    }
    String what = "append " + rows.size() + " rows to " + dataset + "." + table;
    InsertAllRequest ready = request.build();
    // The client gives an insert up at the first 429 or 503, whatever its retry settings say.
    backoff.retried(() -> {
      InsertAllResponse response;
      try {
        response = bigquery.get().insertAll(ready);
      } catch (BigQueryException e) {
        throw error(what, e);
      }
      if (response.hasErrors()) {
        throw refused(table, rows, response.getInsertErrors());
      }
      return response;
    });
  }

  private SluiceException refused(
      String table, List<Row> rows, Map<Long, List<BigQueryError>> errors) {
    List<String> lines = new ArrayList<>();
    boolean passing = false;
    for (Map.Entry<Long, List<BigQueryError>> entry : errors.entrySet()) {
      for (BigQueryError error : entry.getValue()) {
        // "stopped" marks the good rows that were refused along with the bad one.
        if ("stopped".equals(error.getReason())) {
          continue;
        }
        passing |= PASSING.contains(error.getReason());
        String column = error.getLocation();
        if (lines.size() < 5) {
          lines.add(
              "row "
                  + rows.get(entry.getKey().intValue()).fact().key()
                  + (column == null || column.isEmpty() ? "" : ", column " + column)
                  + ": "
                  + error.getReason()
                  + ", "
                  + error.getMessage());
        }
      }
    }
    String message =
        "BigQuery refused rows for " + dataset + "." + table + ": " + String.join("; ", lines);
    return passing
        ? new Unavailable(message + "; call again later")
        : new Bug(message + "; make the fact and the table's schema agree");
  }

  @Override
  public List<Map<String, @Nullable Object>> query(String sql, Map<String, Object> parameters) {
    QueryJobConfiguration.Builder query =
        QueryJobConfiguration.newBuilder(sql)
            .setUseLegacySql(false)
            .setDefaultDataset(DatasetId.of(dataset));
    parameters.forEach((name, value) -> query.addNamedParameter(name, parameter(name, value)));
    String what = "run the query '" + (sql.length() > 200 ? sql.substring(0, 200) : sql) + "'";
    return backoff.retried(() -> rows(what, query.build()));
  }

  List<Map<String, @Nullable Object>> rows(String what, QueryJobConfiguration query) {
    try {
      TableResult result = bigquery.get().query(query);
      FieldList columns =
          result.getSchema() == null ? FieldList.of() : result.getSchema().getFields();
      List<Map<String, @Nullable Object>> rows = new ArrayList<>();
      for (FieldValueList values : result.iterateAll()) {
        rows.add(record(columns, values));
      }
      return Collections.unmodifiableList(rows);
    } catch (BigQueryException e) {
      throw error(what, e);
    } catch (JobException e) {
      throw new Bug("could not " + what + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted while waiting for BigQuery; call again", e);
    }
  }

  static QueryParameterValue parameter(String name, Object value) {
    if (value instanceof List<?> values) {
      if (values.isEmpty()) {
        throw new Bug("query parameter " + name + " is an empty list, which has no type");
      }
      List<QueryParameterValue> elements = new ArrayList<>();
      for (Object element : values) {
        elements.add(scalar(name, element));
      }
      StandardSQLTypeName type = elements.getFirst().getType();
      List<@Nullable String> texts = new ArrayList<>();
      for (QueryParameterValue element : elements) {
        if (element.getType() != type) {
          throw new Bug("query parameter " + name + " mixes " + type + " and " + element.getType());
        }
        texts.add(element.getValue());
      }
      return QueryParameterValue.array(texts.toArray(new String[0]), type);
    }
    return scalar(name, value);
  }

  private static QueryParameterValue scalar(String name, @Nullable Object value) {
    return switch (value) {
      case String text -> QueryParameterValue.string(text);
      case Boolean bool -> QueryParameterValue.bool(bool);
      case Integer number -> QueryParameterValue.int64(number.longValue());
      case Long number -> QueryParameterValue.int64(number);
      case Double number -> QueryParameterValue.float64(number);
      case Instant time ->
          QueryParameterValue.timestamp(ChronoUnit.MICROS.between(Instant.EPOCH, time));
      case LocalDate date -> QueryParameterValue.date(date.toString());
      case null -> throw new Bug("query parameter " + name + " is null, which has no type");
      default ->
          throw new Bug(
              "query parameter "
                  + name
                  + " is a "
                  + value.getClass().getName()
                  + "; give text, a boolean, a number, an Instant or a LocalDate");
    };
  }

  private static Map<String, @Nullable Object> record(FieldList columns, FieldValueList values) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    for (int i = 0; i < columns.size(); i++) {
      Field column = columns.get(i);
      row.put(column.getName(), value(column, values.get(i)));
    }
    return Collections.unmodifiableMap(row);
  }

  private static @Nullable Object value(Field column, FieldValue value) {
    if (value.isNull()) {
      return null;
    }
    if (value.getAttribute() == FieldValue.Attribute.REPEATED) {
      List<Object> out = new ArrayList<>();
      for (FieldValue element : value.getRepeatedValue()) {
        Object converted = value(column, element);
        if (converted != null) {
          out.add(converted);
        }
      }
      return Collections.unmodifiableList(out);
    }
    if (value.getAttribute() == FieldValue.Attribute.RECORD) {
      return record(column.getSubFields(), value.getRecordValue());
    }
    LegacySQLTypeName type = column.getType();
    return switch (type.getStandardType()) {
      case INT64 -> value.getLongValue();
      case FLOAT64 -> value.getDoubleValue();
      case BOOL -> value.getBooleanValue();
      case NUMERIC, BIGNUMERIC -> value.getNumericValue();
      case TIMESTAMP -> value.getTimestampInstant();
      default -> value.getStringValue();
    };
  }

  static SluiceException error(String what, BigQueryException e) {
    String told = "could not " + what + ": " + e.getCode() + " " + e.getMessage();
    String reason = e.getError() == null ? e.getReason() : e.getError().getReason();
    boolean passing = reason != null && PASSING.contains(reason);
    return switch (e.getCode()) {
      case 404 -> new Bug(told + "; create the table, or correct the dataset's name", e);
      case 401 -> new Bug(told + "; run as a service account or log in with gcloud", e);
      case 403 ->
          passing
              ? new Unavailable(told + "; call again later", e)
              : new Bug(told + "; grant this function's account a role on the dataset", e);
      case 400, 405, 409, 413, 501 ->
          passing ? new Unavailable(told + "; call again later", e) : new Bug(told, e);
      default -> new Unavailable(told + "; call again later", e);
    };
  }
}
