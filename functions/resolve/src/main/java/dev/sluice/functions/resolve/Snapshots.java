package dev.sluice.functions.resolve;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Fingerprint;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.SourceKind;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.gcp.TableSnapshot;
import dev.sluice.gcp.Tables;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes a batch of what a table holds now. A query, and a view, which cannot be read at a time, are
 * run once into a table that expires; a rerun of the batch uses the examples that were made of it.
 */
final class Snapshots {
  private static final Pattern TIME =
      Pattern.compile("([12][0-9]{3})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])?([01][0-9]|2[0-3])?");

  /** As long as BigQuery keeps what a table was. */
  private static final Duration KEPT = Duration.ofDays(7);

  private final Tables tables;

  Snapshots(Tables tables) {
    this.tables = tables;
  }

  /**
   * @param run a repeated call of which finds the table that an earlier one made
   * @param span what {@code {SPAN}} stands for in the source; null where it must have none
   */
  Batch take(String pipeline, String run, SourceSpec.BigQuery source, @Nullable String span) {
    if (source.hasSpan() && span == null) {
      throw new BadInput(
          "the source reads the rows of one {SPAN}, and the run names none; trigger it with a span,"
              + " or give the spec a 'schedule' and 'span_format'");
    }
    if (!source.hasSpan() && span != null) {
      throw new BadInput(
          "the run is of span '"
              + span
              + "', but the source tells no spans apart; write {SPAN} as its partition, in 'where'"
              + " or in the query, or name no span");
    }
    return switch (span == null ? source : source.at(span)) {
      case SourceSpec.Query query -> made(pipeline, run, query.query(), span);
      case SourceSpec.Table table -> take(pipeline, run, table, span);
    };
  }

  private Batch take(String pipeline, String run, SourceSpec.Table source, @Nullable String span) {
    TableSnapshot taken = tables.snapshot(source.table(), source.partition());
    if (!taken.view()) {
      String named = span == null && source.partition() != null ? span(source.partition()) : span;
      return batch(pipeline, taken, filter(taken.filter(), source.where()), named);
    }
    if (source.partition() != null) {
      throw new BadInput(
          "source "
              + taken.table()
              + " is a view, which has no partition "
              + source.partition()
              + "; restrict it with 'where'");
    }
    String columns =
        source.columns().isEmpty()
            ? "*"
            : String.join(", ", source.columns().stream().map(Snapshots::quoted).toList());
    return made(
        pipeline,
        run,
        "SELECT "
            + columns
            + " FROM "
            + quoted(taken.table())
            + (source.where() == null ? "" : " WHERE " + source.where()),
        span);
  }

  private Batch made(String pipeline, String run, String query, @Nullable String span) {
    String id = Fingerprint.of(List.of(pipeline, run, query));
    return batch(pipeline, tables.materialize(id, query, KEPT), null, span);
  }

  /**
   * @param span null for the day of the snapshot
   */
  private static Batch batch(
      String pipeline, TableSnapshot taken, @Nullable String filter, @Nullable String span) {
    Instant at = Instant.ofEpochMilli(taken.millis());
    return Batch.of(
        pipeline,
        SourceKind.BIGQUERY,
        span == null ? at.atOffset(ZoneOffset.UTC).toLocalDate().toString() : span,
        null,
        List.of(Source.ofTable(taken.table(), at, Math.max(0, taken.bytes()), filter)),
        at);
  }

  /** {@code 2026-11-01} of {@code 20261101}, likewise of a month or an hour; else the id itself. */
  static String span(String partition) {
    Matcher time = TIME.matcher(partition);
    if (!time.matches() || (time.group(3) == null && time.group(4) != null)) {
      return partition;
    }
    return time.group(1)
        + "-"
        + time.group(2)
        + (time.group(3) == null ? "" : "-" + time.group(3))
        + (time.group(4) == null ? "" : "T" + time.group(4));
  }

  private static @Nullable String filter(@Nullable String partition, @Nullable String where) {
    if (partition == null || where == null) {
      return partition == null ? where : partition;
    }
    return "(" + partition + ") AND (" + where + ")";
  }

  private static String quoted(String name) {
    if (name.indexOf('`') >= 0) {
      throw new BadInput("the name " + name + " holds a backtick, which no column or table has");
    }
    return "`" + name + "`";
  }
}
