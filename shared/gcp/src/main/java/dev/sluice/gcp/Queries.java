package dev.sluice.gcp;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * BigQuery's queries over tables of data, whose answers count. Names without a dataset are ours.
 */
public interface Queries {

  /**
   * How a job ended.
   *
   * @param id the job's
   * @param ended when; what it appended is there in every snapshot from the next millisecond on
   * @param failure why it failed and appended nothing, or null where all of its rows are in
   */
  record Job(String id, Instant ended, @Nullable String failure) {}

  /**
   * Appends a query's result to a table, once: the rows are in all together or not at all, and a
   * job's id is good for one run. Where a job of that id is there, from a call whose answer was
   * lost or from another caller, this waits for that job's end and answers with it.
   *
   * @param jobId letters, digits, {@code -} and {@code _}
   * @param sql GoogleSQL with {@code @name} parameters, whose columns are those of the table, in
   *     their order
   * @param parameters as {@link Facts#query} takes them
   * @param destinationTable of our dataset; it must have no REQUIRED columns
   * @throws dev.sluice.contracts.Unavailable where BigQuery stays away, or the job goes on; call
   *     again
   */
  Job appendJob(String jobId, String sql, Map<String, Object> parameters, String destinationTable);

  /** As {@link Facts#query}. */
  List<Map<String, @Nullable Object>> query(String sql, Map<String, Object> parameters);
}
