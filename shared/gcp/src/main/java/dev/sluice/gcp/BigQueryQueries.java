package dev.sluice.gcp;

import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryError;
import com.google.cloud.bigquery.DatasetId;
import com.google.cloud.bigquery.JobInfo;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.TableId;
import dev.sluice.contracts.Bug;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Query jobs through {@code jobs.insert} and {@code jobs.get}. */
final class BigQueryQueries implements Queries {
  private final String dataset;
  private final Backoff backoff;
  private final BigQueryFacts reader;
  private final QueryJobs jobs;

  BigQueryQueries(Supplier<BigQuery> bigquery, String dataset, Backoff backoff) {
    this.dataset = dataset;
    this.backoff = backoff;
    this.reader = new BigQueryFacts(bigquery, dataset, table -> table, backoff, Clock.systemUTC());
    this.jobs = new QueryJobs(bigquery, dataset, backoff, BigQueryFacts::error);
  }

  @Override
  public Job appendJob(
      String jobId, String sql, Map<String, Object> parameters, String destinationTable) {
    QueryJobConfiguration query =
        configuration(sql, parameters)
            .setDestinationTable(TableId.of(dataset, destinationTable))
            .setCreateDisposition(JobInfo.CreateDisposition.CREATE_NEVER)
            .setWriteDisposition(JobInfo.WriteDisposition.WRITE_APPEND)
            .build();
    String what = "run job " + jobId + ", which appends to " + dataset + "." + destinationTable;
    com.google.cloud.bigquery.Job job = jobs.run(what, jobId, query, backoff.total()).job();
    Long ended = job.getStatistics() == null ? null : job.getStatistics().getEndTime();
    if (ended == null) {
      throw new Bug("job " + jobId + " is done and BigQuery does not say since when");
    }
    BigQueryError failure = job.getStatus().getError();
    return new Job(
        jobId,
        Instant.ofEpochMilli(ended),
        failure == null ? null : String.valueOf(failure.getMessage()));
  }

  private QueryJobConfiguration.Builder configuration(String sql, Map<String, Object> parameters) {
    QueryJobConfiguration.Builder query =
        QueryJobConfiguration.newBuilder(sql)
            .setUseLegacySql(false)
            .setDefaultDataset(DatasetId.of(dataset));
    parameters.forEach(
        (name, value) -> query.addNamedParameter(name, BigQueryFacts.parameter(name, value)));
    return query;
  }

  @Override
  public List<Map<String, @Nullable Object>> query(String sql, Map<String, Object> parameters) {
    String what = "run the query '" + (sql.length() > 200 ? sql.substring(0, 200) : sql) + "'";
    return backoff.retried(() -> reader.rows(what, configuration(sql, parameters).build()));
  }
}
