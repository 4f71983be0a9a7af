package dev.sluice.gcp;

import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.Dataset;
import com.google.cloud.bigquery.DatasetId;
import com.google.cloud.bigquery.JobId;
import com.google.cloud.bigquery.JobInfo;
import com.google.cloud.bigquery.JobStatus;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.TableId;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Unavailable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Query jobs through {@code jobs.insert} and {@code jobs.get}. */
final class BigQueryQueries implements Queries {
  private final Supplier<BigQuery> bigquery;
  private final String dataset;
  private final Backoff backoff;
  private final BigQueryFacts reader;
  private volatile @Nullable String location;

  BigQueryQueries(Supplier<BigQuery> bigquery, String dataset, Backoff backoff) {
    this.bigquery = bigquery;
    this.dataset = dataset;
    this.backoff = backoff;
    this.reader = new BigQueryFacts(bigquery, dataset, table -> table, backoff, Clock.systemUTC());
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
    JobId id = JobId.newBuilder().setJob(jobId).setLocation(location()).build();
    backoff.retried(() -> insert(what, JobInfo.of(id, query)));
    return ended(what, id);
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

  /** A job is found again by its id only beside the place where it ran, which is the dataset's. */
  private @Nullable String location() {
    String known = location;
    if (known == null) {
      known = backoff.retried(this::askLocation);
      location = known;
    }
    return known;
  }

  private @Nullable String askLocation() {
    String what = "find the location of dataset " + dataset;
    try {
      Dataset found = bigquery.get().getDataset(dataset);
      if (found == null) {
        throw new Bug("could not " + what + ": it is not there; create it or correct its name");
      }
      return found.getLocation();
    } catch (BigQueryException e) {
      throw BigQueryFacts.error(what, e);
    }
  }

  private JobInfo insert(String what, JobInfo job) {
    try {
      return bigquery.get().create(job);
    } catch (BigQueryException e) {
      if (e.getCode() == 409) {
        return job;
      }
      throw BigQueryFacts.error(what, e);
    }
  }

  private Job ended(String what, JobId id) {
    String jobId = id.getJob();
    long end = System.nanoTime() + backoff.total().toNanos();
    for (int attempt = 1; ; attempt++) {
      com.google.cloud.bigquery.Job job = backoff.retried(() -> find(what, id));
      JobStatus status = job.getStatus();
      if (status != null && JobStatus.State.DONE.equals(status.getState())) {
        Long ended = job.getStatistics() == null ? null : job.getStatistics().getEndTime();
        if (ended == null) {
          throw new Bug("job " + jobId + " is done and BigQuery does not say since when");
        }
        return new Job(
            jobId,
            Instant.ofEpochMilli(ended),
            status.getError() == null ? null : String.valueOf(status.getError().getMessage()));
      }
      if (System.nanoTime() > end) {
        throw new Unavailable("job " + jobId + " has not ended yet; call again later");
      }
      new Backoff(Duration.ofMillis(20), Duration.ofSeconds(2), backoff.total())
          .pause(attempt, Duration.ZERO);
    }
  }

  private com.google.cloud.bigquery.Job find(String what, JobId id) {
    try {
      com.google.cloud.bigquery.Job job = bigquery.get().getJob(id);
      if (job == null) {
        throw new Unavailable("job " + id.getJob() + " cannot be found yet; call again later");
      }
      return job;
    } catch (BigQueryException e) {
      throw BigQueryFacts.error(what, e);
    }
  }

  @Override
  public List<Map<String, @Nullable Object>> query(String sql, Map<String, Object> parameters) {
    String what = "run the query '" + (sql.length() > 200 ? sql.substring(0, 200) : sql) + "'";
    return backoff.retried(() -> reader.rows(what, configuration(sql, parameters).build()));
  }
}
