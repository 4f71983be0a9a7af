package dev.sluice.gcp;

import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryException;
import com.google.cloud.bigquery.Dataset;
import com.google.cloud.bigquery.Job;
import com.google.cloud.bigquery.JobId;
import com.google.cloud.bigquery.JobInfo;
import com.google.cloud.bigquery.JobStatus;
import com.google.cloud.bigquery.QueryJobConfiguration;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Query jobs under ids that the caller gives, each of which BigQuery runs once. */
final class QueryJobs {
  /** A label that tells whose a job is. */
  private static final String CALL = "sluice_call";

  private static final Backoff BETWEEN_LOOKS =
      new Backoff(Duration.ofMillis(20), Duration.ofSeconds(2), Duration.ofSeconds(2));

  private final Supplier<BigQuery> bigquery;
  private final String dataset;
  private final Backoff backoff;
  private final BiFunction<String, BigQueryException, SluiceException> error;
  private volatile @Nullable String location;

  /**
   * @param dataset that the jobs write to
   * @param error what a failure while doing something is in the family
   */
  QueryJobs(
      Supplier<BigQuery> bigquery,
      String dataset,
      Backoff backoff,
      BiFunction<String, BigQueryException, SluiceException> error) {
    this.bigquery = bigquery;
    this.dataset = dataset;
    this.backoff = backoff;
    this.error = error;
  }

  /**
   * A job that is done, well or not.
   *
   * @param own false where another call's job had the id
   */
  record Ended(Job job, boolean own) {}

  /**
   * Starts the job, or finds the one that has its id, and waits for its end.
   *
   * @param what it does, after "could not"
   * @param longest that it may take
   * @throws Unavailable where BigQuery stays away, or the job goes on
   */
  Ended run(String what, String jobId, QueryJobConfiguration query, Duration longest) {
    // Google's client answers with the job that is there, so it is asked whose it is.
    String call = UUID.randomUUID().toString();
    Map<String, String> labels = new HashMap<>();
    if (query.getLabels() != null) {
      labels.putAll(query.getLabels());
    }
    labels.put(CALL, call);
    JobId id = JobId.newBuilder().setJob(jobId).setLocation(location()).build();
    JobInfo info = JobInfo.of(id, query.toBuilder().setLabels(labels).build());
    backoff.retried(() -> insert(what, info));
    Job job = ended(what, id, longest);
    return new Ended(
        job,
        job.getConfiguration() instanceof QueryJobConfiguration configuration
            && configuration.getLabels() != null
            && call.equals(configuration.getLabels().get(CALL)));
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
      throw error.apply(what, e);
    }
  }

  private JobInfo insert(String what, JobInfo job) {
    try {
      bigquery.get().create(job);
    } catch (BigQueryException e) {
      if (e.getCode() != 409) {
        throw error.apply(what, e);
      }
    }
    return job;
  }

  private Job ended(String what, JobId id, Duration longest) {
    long end = System.nanoTime() + longest.toNanos();
    for (int attempt = 1; ; attempt++) {
      Job job = backoff.retried(() -> find(what, id));
      JobStatus status = job.getStatus();
      if (status != null && JobStatus.State.DONE.equals(status.getState())) {
        return job;
      }
      if (System.nanoTime() > end) {
        throw new Unavailable("job " + id.getJob() + " has not ended yet; call again later");
      }
      BETWEEN_LOOKS.pause(attempt, Duration.ZERO);
    }
  }

  private Job find(String what, JobId id) {
    try {
      Job job = bigquery.get().getJob(id);
      if (job == null) {
        throw new Unavailable("job " + id.getJob() + " cannot be found yet; call again later");
      }
      return job;
    } catch (BigQueryException e) {
      throw error.apply(what, e);
    }
  }
}
