package dev.sluice.contracts;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The key {@code source} of a spec: where a pipeline's batches come from. */
public sealed interface SourceSpec {
  /** What its batches are of. */
  SourceKind kind();

  /** Objects that are dropped into the inbox. */
  sealed interface Inbox extends SourceSpec {
    /** The names of its objects. */
    ObjectPattern pattern();

    /** How many spans a batch learns from: its own and those before it; at least 1. */
    int spans();

    /**
     * The names of the objects that say that a span (and version) is complete; null where each
     * object is a batch by itself.
     */
    @Nullable ObjectPattern marker();

    /** Where an object of the data belongs; null where it is none. */
    default ObjectPattern.@Nullable Place place(String objectName) {
      return pattern().place(objectName);
    }
  }

  /**
   * {@code files}: objects that hold rows.
   *
   * @param columns names for files without a header line; empty where they have one
   */
  record Files(
      ObjectPattern pattern, int spans, @Nullable ObjectPattern marker, List<String> columns)
      implements Inbox {
    public Files {
      columns = List.copyOf(columns);
    }

    @Override
    public SourceKind kind() {
      return SourceKind.FILES;
    }
  }

  /**
   * {@code objects}: each object is an example. There is always a marker, as an object alone is no
   * batch.
   *
   * @param labelByFolder true where the folder an object lies in is its label
   * @param manifest the names of the CSV files that give the labels, one a span (and version) and
   *     itself a source of the batch; null where none does
   */
  record Objects(
      ObjectPattern pattern,
      int spans,
      ObjectPattern marker,
      boolean labelByFolder,
      @Nullable ObjectPattern manifest,
      Inline inline)
      implements Inbox {
    @Override
    public SourceKind kind() {
      return SourceKind.OBJECTS;
    }

    @Override
    public ObjectPattern.@Nullable Place place(String objectName) {
      return isManifest(objectName) ? null : Inbox.super.place(objectName);
    }

    /** True for the file of labels beside the objects. */
    public boolean isManifest(String objectName) {
      return manifest != null && manifest.place(objectName) != null;
    }
  }

  /**
   * Which contents become a column.
   *
   * @param text small texts do
   * @param images small images do
   * @param maxBytes what small means
   */
  record Inline(boolean text, boolean images, long maxBytes) {}

  /** {@code bigquery}: a table or what a query gives, read at a snapshot. */
  sealed interface BigQuery extends SourceSpec {
    /** How many streams read it in parallel; at least 1. */
    int streams();

    /** True where {@code {SPAN}} stands in it, so that it holds the rows of one span at a time. */
    boolean hasSpan();

    /**
     * The same with that span in place of {@code {SPAN}}.
     *
     * @throws BadInput where the span has other signs than letters, digits and single separators:
     *     it becomes part of a statement
     */
    BigQuery at(String span);

    @Override
    default SourceKind kind() {
      return SourceKind.BIGQUERY;
    }
  }

  /**
   * A table or a view.
   *
   * @param table {@code [project.]dataset.table}
   * @param partition the id of one partition, such as {@code 20261101}, or {@code {SPAN}} for that
   *     of a run's span; null for all
   * @param columns those to read; empty for all
   * @param where a row restriction, or null
   */
  record Table(
      String table,
      @Nullable String partition,
      List<String> columns,
      @Nullable String where,
      int streams)
      implements BigQuery {
    public Table {
      columns = List.copyOf(columns);
    }

    @Override
    public boolean hasSpan() {
      return SourceReader.SPAN.equals(partition)
          || (where != null && where.contains(SourceReader.SPAN));
    }

    @Override
    public Table at(String span) {
      String plain = SourceReader.plain(span);
      return new Table(
          table,
          SourceReader.SPAN.equals(partition) ? SourceReader.partition(plain) : partition,
          columns,
          where == null ? null : where.replace(SourceReader.SPAN, plain),
          streams);
    }
  }

  /** A query in GoogleSQL, in which {@code {SPAN}} stands for a run's span. */
  record Query(String query, int streams) implements BigQuery {
    @Override
    public boolean hasSpan() {
      return query.contains(SourceReader.SPAN);
    }

    @Override
    public Query at(String span) {
      return new Query(query.replace(SourceReader.SPAN, SourceReader.plain(span)), streams);
    }
  }

  /**
   * {@code stream}: the messages of an event-time window.
   *
   * @param window a window's length
   * @param allowedLateness how long after its end a window stays open
   * @param late what becomes of a message that comes later still
   */
  record Stream(Duration window, Duration allowedLateness, Late late) implements SourceSpec {
    @Override
    public SourceKind kind() {
      return SourceKind.STREAM;
    }
  }

  /** What becomes of a message that comes after its window has closed. */
  enum Late {
    /** It counts in the next window. */
    NEXT,
    /** It is kept in a table of its own and never learned from. */
    TABLE
  }
}
