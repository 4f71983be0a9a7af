package dev.sluice.gcp;

import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.ServerStream;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryError;
import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.JobException;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.Schema;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.Table;
import com.google.cloud.bigquery.TableDefinition;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TimePartitioning;
import com.google.cloud.bigquery.storage.v1.BaseBigQueryReadClient;
import com.google.cloud.bigquery.storage.v1.CreateReadSessionRequest;
import com.google.cloud.bigquery.storage.v1.DataFormat;
import com.google.cloud.bigquery.storage.v1.ReadRowsRequest;
import com.google.cloud.bigquery.storage.v1.ReadRowsResponse;
import com.google.cloud.bigquery.storage.v1.ReadSession;
import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.GoogleSql;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Tables through BigQuery's jobs and its Storage Read API, in Avro. */
final class BigQueryTables implements Tables {
  /** Jobs under one id that failed before this one; each was another call's. */
  private static final int EARLIER_JOBS = 50;

  private static final Duration LONGEST_JOB = Duration.ofHours(1);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);
  private static final Set<String> PASSING =
      Set.of(
          "backendError",
          "internalError",
          "quotaExceeded",
          "rateLimitExceeded",
          "jobRateLimitExceeded",
          "timeout",
          "stopped",
          "tableUnavailable");

  private final Supplier<BigQuery> bigquery;
  private final Supplier<BaseBigQueryReadClient> reader;
  private final String project;
  private final String dataset;
  private final Backoff backoff;
  private final QueryJobs jobs;

  /**
   * @param project that pays, and of tables that are named without one
   * @param dataset of tables that are made here
   */
  BigQueryTables(
      Supplier<BigQuery> bigquery,
      Supplier<BaseBigQueryReadClient> reader,
      String project,
      String dataset,
      Backoff backoff) {
    this.bigquery = bigquery;
    this.reader = reader;
    this.project = project;
    this.dataset = dataset;
    this.backoff = backoff;
    this.jobs = new QueryJobs(bigquery, dataset, backoff, BigQueryTables::error);
  }

  @Override
  public TableSnapshot snapshot(String table, @Nullable String partition) {
    int mark = table.lastIndexOf('$');
    String wanted = mark < 0 ? partition : table.substring(mark + 1);
    if (mark >= 0 && partition != null) {
      throw new BadInput(
          "table " + table + " names a partition and " + partition + " is another; give one");
    }
    TableId id = id(mark < 0 ? table : table.substring(0, mark));
    String name = id.getProject() + "." + id.getDataset() + "." + id.getTable();
    Table found = find(id);
    if (found == null) {
      throw new BadInput(
          "there is no table " + name + "; create it, or correct the source's table");
    }
    TableDefinition definition = found.getDefinition();
    boolean view = !(definition instanceof StandardTableDefinition);
    String filter = null;
    if (wanted != null) {
      filter =
          definition instanceof StandardTableDefinition standard
              ? partition(name, standard, wanted)
              : refuse(
                  name + " is no table but a " + definition.getType() + ", without partitions");
    }
    return new TableSnapshot(
        name,
        now(),
        filter,
        view ? -1 : number(found.getNumRows()),
        view ? -1 : number(found.getNumBytes()),
        view);
  }

  private static String refuse(String why) {
    throw new BadInput(why + "; leave the partition out");
  }

  private static long number(@Nullable BigInteger number) {
    return number == null ? -1 : number.longValue();
  }

  private static long number(@Nullable Long number) {
    return number == null ? -1 : number;
  }

  private TableId id(String table) {
    String[] path = table.split("\\.", -1);
    if (path.length < 2
        || path.length > 3
        || Stream.of(path).anyMatch(part -> part.isBlank() || part.contains("`"))) {
      throw new BadInput("table is '" + table + "' but must be [project.]dataset.table");
    }
    return path.length == 2
        ? TableId.of(project, path[0], path[1])
        : TableId.of(path[0], path[1], path[2]);
  }

  private @Nullable Table find(TableId id) {
    return backoff
        .retried(() -> {
          try {
            return Optional.ofNullable(bigquery.get().getTable(id));
          } catch (BigQueryException e) {
            throw error("look up table " + id.getDataset() + "." + id.getTable(), e);
          }
        })
        .orElse(null);
  }

  /**
   * The first whole millisecond after now, by BigQuery's own clock: what was stored before is in,
   * and the clocks of functions do not matter.
   */
  private long now() {
    String sql = "SELECT UNIX_MILLIS(CURRENT_TIMESTAMP()) + 1 AS now";
    return backoff.retried(() -> {
      try {
        return bigquery
            .get()
            .query(QueryJobConfiguration.newBuilder(sql).setUseLegacySql(false).build())
            .iterateAll()
            .iterator()
            .next()
            .get(0)
            .getLongValue();
      } catch (BigQueryException e) {
        throw error("ask BigQuery for the time", e);
      } catch (JobException e) {
        throw new Unavailable("could not ask BigQuery for the time; call again later", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unavailable("interrupted while waiting for BigQuery; call again", e);
      }
    });
  }

  // Partitions

  private static String partition(String table, StandardTableDefinition definition, String id) {
    TimePartitioning by = definition.getTimePartitioning();
    if (by == null) {
      return refuse("table " + table + " is not partitioned by time");
    }
    String column = by.getField() == null ? "_PARTITIONTIME" : "`" + by.getField() + "`";
    if (id.equals("__NULL__")) {
      return column + " IS NULL";
    }
    String digits =
        switch (by.getType()) {
          case HOUR -> "\\d{10}";
          case DAY -> "\\d{8}";
          case MONTH -> "\\d{6}";
          case YEAR -> "\\d{4}";
        };
    LocalDateTime start;
    try {
      if (!id.matches(digits)) {
        throw new DateTimeException("other digits");
      }
      start =
          LocalDateTime.of(
              Integer.parseInt(id.substring(0, 4)),
              id.length() < 6 ? 1 : Integer.parseInt(id.substring(4, 6)),
              id.length() < 8 ? 1 : Integer.parseInt(id.substring(6, 8)),
              id.length() < 10 ? 0 : Integer.parseInt(id.substring(8, 10)),
              0);
    } catch (DateTimeException e) {
      throw new BadInput(
          "partition is '"
              + id
              + "' but table "
              + table
              + " is partitioned by "
              + by.getType()
              + "; give "
              + switch (by.getType()) {
                case HOUR -> "YYYYMMDDHH";
                case DAY -> "YYYYMMDD";
                case MONTH -> "YYYYMM";
                case YEAR -> "YYYY";
              },
          e);
    }
    LocalDateTime end =
        switch (by.getType()) {
          case HOUR -> start.plusHours(1);
          case DAY -> start.plusDays(1);
          case MONTH -> start.plusMonths(1);
          case YEAR -> start.plusYears(1);
        };
    String type = type(definition.getSchema(), by.getField());
    return "%s >= %s AND %s < %s"
        .formatted(column, literal(type, start), column, literal(type, end));
  }

  private static String type(@Nullable Schema schema, @Nullable String column) {
    if (schema != null && column != null) {
      for (Field field : schema.getFields()) {
        if (field.getName().equalsIgnoreCase(column)) {
          return field.getType().getStandardType().name();
        }
      }
    }
    return "TIMESTAMP";
  }

  private static String literal(String type, LocalDateTime at) {
    return switch (type) {
      case "DATE" -> "DATE '" + at.toLocalDate() + "'";
      case "DATETIME" -> "DATETIME '" + TIME.format(at) + "'";
      default -> "TIMESTAMP '" + TIME.format(at) + "+00'";
    };
  }

  // Queries into tables

  @Override
  public TableSnapshot materialize(String id, String query, Duration ttl) {
    if (!id.matches("\\w{1,200}")) {
      throw new Bug("the id of a temporary table is '" + id + "'; give letters, digits and _");
    }
    String problem = GoogleSql.problem(query);
    if (problem != null) {
      throw new BadInput("the query of temporary table " + id + " " + problem);
    }
    TableId to = TableId.of(project, dataset, "tmp_" + id);
    String sql =
        "CREATE TABLE IF NOT EXISTS `%s.%s.%s`\nOPTIONS (expiration_timestamp = TIMESTAMP_MILLIS(%d))\nAS\n%s"
            .formatted(
                project,
                dataset,
                to.getTable(),
                System.currentTimeMillis() + ttl.toMillis(),
                query.strip().replaceFirst("(?<![;\\s])[;\\s]+$", ""));
    for (int attempt = 0; attempt <= EARLIER_JOBS; attempt++) {
      Table made = find(to);
      if (made != null) {
        return snapshot(made);
      }
      run("sluice_tmp_" + id + (attempt == 0 ? "" : "_" + attempt), sql);
    }
    throw new Unavailable(
        "the table of a query did not come: "
            + (EARLIER_JOBS + 1)
            + " jobs from sluice_tmp_"
            + id
            + " on have failed or their table is gone; call again later");
  }

  private static TableSnapshot snapshot(Table made) {
    TableId id = made.getTableId();
    long changed = Math.max(number(made.getCreationTime()), number(made.getLastModifiedTime()));
    return new TableSnapshot(
        id.getProject() + "." + id.getDataset() + "." + id.getTable(),
        // Metadata is in whole milliseconds, of which the rows came at some part.
        changed + 1,
        null,
        number(made.getNumRows()),
        number(made.getNumBytes()),
        false);
  }

  /** Runs the job or waits for the one that has its id; only its own failure is thrown. */
  private void run(String job, String sql) {
    String what = "run the source's query as job " + job;
    QueryJobs.Ended ended =
        jobs.run(
            what,
            job,
            QueryJobConfiguration.newBuilder(sql).setUseLegacySql(false).build(),
            LONGEST_JOB);
    BigQueryError failure = ended.job().getStatus().getError();
    if (failure != null && ended.own()) {
      throw error(what, failure.getReason(), failure.getMessage(), null);
    }
  }

  // Streams

  @Override
  public List<TableStream> open(
      TableSnapshot snapshot, List<String> columns, @Nullable String filter, int streams) {
    if (snapshot.view()) {
      throw new Bug(snapshot.table() + " is a view, which has no rows; materialize it first");
    }
    TableId id = id(snapshot.table());
    String restriction =
        Stream.of(snapshot.filter(), filter)
            .filter(part -> part != null && !part.isBlank())
            .map(part -> "(" + part + ")")
            .collect(Collectors.joining(" AND "));
    CreateReadSessionRequest request =
        CreateReadSessionRequest.newBuilder()
            .setParent("projects/" + project)
            .setMaxStreamCount(streams)
            .setReadSession(
                ReadSession.newBuilder()
                    .setTable(
                        "projects/%s/datasets/%s/tables/%s"
                            .formatted(id.getProject(), id.getDataset(), id.getTable()))
                    .setDataFormat(DataFormat.AVRO)
                    .setTableModifiers(
                        ReadSession.TableModifiers.newBuilder()
                            .setSnapshotTime(timestamp(snapshot.millis())))
                    .setReadOptions(
                        ReadSession.TableReadOptions.newBuilder()
                            .addAllSelectedFields(columns)
                            .setRowRestriction(restriction)))
            .build();
    ReadSession session =
        backoff.retried(() -> {
          try {
            return reader.get().createReadSession(request);
          } catch (ApiException e) {
            throw error("read table " + snapshot.table() + " as of " + snapshot.millis(), e);
          }
        });
    String schema = session.getAvroSchema().getSchema();
    return session.getStreamsCount() == 0
        ? List.of(new TableStream("", schema))
        : session.getStreamsList().stream()
            .map(stream -> new TableStream(stream.getName(), schema))
            .toList();
  }

  private static Timestamp timestamp(long millis) {
    return Timestamp.newBuilder()
        .setSeconds(Math.floorDiv(millis, 1000L))
        .setNanos((int) Math.floorMod(millis, 1000L) * 1_000_000)
        .build();
  }

  @Override
  public TableStream.Blocks read(TableStream stream, long offset) {
    return new Reading(stream, offset);
  }

  private final class Reading implements TableStream.Blocks {
    private final TableStream from;
    private long offset;
    private @Nullable ServerStream<ReadRowsResponse> connection;
    private @Nullable Iterator<ReadRowsResponse> answers;

    Reading(TableStream from, long offset) {
      this.from = from;
      this.offset = offset;
    }

    @Override
    public TableStream.@Nullable Block next() {
      return from.name().isEmpty() ? null : backoff.retried(this::attempt).orElse(null);
    }

    private Optional<TableStream.Block> attempt() {
      try {
        Iterator<ReadRowsResponse> open = answers;
        if (open == null) {
          connection =
              reader
                  .get()
                  .readRowsCallable()
                  .call(
                      ReadRowsRequest.newBuilder()
                          .setReadStream(from.name())
                          .setOffset(offset)
                          .build());
          open = connection.iterator();
          answers = open;
        }
        while (open.hasNext()) {
          ReadRowsResponse answer = open.next();
          if (answer.getRowCount() > 0) {
            TableStream.Block block =
                new TableStream.Block(
                    offset,
                    answer.getAvroRows().getSerializedBinaryRows().toByteArray(),
                    answer.getRowCount());
            offset += answer.getRowCount();
            return Optional.of(block);
          }
        }
        return Optional.empty();
      } catch (ApiException e) {
        close();
        throw error("read rows of " + from.name() + " from row " + offset, e);
      }
    }

    @Override
    public void close() {
      if (connection != null) {
        connection.cancel();
      }
      connection = null;
      answers = null;
    }
  }

  // Failures

  /** What the source's table or query does not allow is the specification's to change. */
  private static SluiceException error(String what, ApiException e) {
    Code code = Code.valueOf(e.getStatusCode().getCode().name());
    String message = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
    return switch (code) {
      case NOT_FOUND ->
          new BadInput(
              "could not "
                  + what
                  + ": "
                  + message
                  + "; correct the source's table, or open it again where a session has ended",
              e);
      case INVALID_ARGUMENT, FAILED_PRECONDITION ->
          new BadInput(
              "could not "
                  + what
                  + ": "
                  + message
                  + "; correct the source's columns and filter, or start a batch with the table as"
                  + " it is now",
              e);
      default -> StorageApi.error(what, code.getNumber(), message, e);
    };
  }

  private static SluiceException error(String what, BigQueryException e) {
    String reason = e.getError() == null ? e.getReason() : e.getError().getReason();
    if (e.getCode() >= 500 || e.getCode() == 429 || e.getCode() <= 0) {
      return new Unavailable(
          "could not " + what + ": " + e.getCode() + " " + e.getMessage() + "; call again later",
          e);
    }
    return error(what, reason, e.getMessage(), e);
  }

  private static SluiceException error(
      String what, @Nullable String reason, @Nullable String message, @Nullable Throwable cause) {
    String told = "could not " + what + ": " + message;
    if (reason != null && PASSING.contains(reason)) {
      return new Unavailable(told + "; call again later", cause);
    }
    return switch (reason == null ? "" : reason) {
      case "invalidQuery", "invalid", "notFound", "duplicate" ->
          new BadInput(told + "; correct the source's table or query", cause);
      case "accessDenied" ->
          new Bug(
              told
                  + "; grant this function's account bigquery.dataViewer on the source and"
                  + " bigquery.jobUser and readSessionUser on the project",
              cause);
      default -> new Bug(told, cause);
    };
  }
}
