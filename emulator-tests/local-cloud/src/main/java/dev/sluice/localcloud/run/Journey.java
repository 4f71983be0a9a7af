package dev.sluice.localcloud.run;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Source;
import dev.sluice.contracts.Unavailable;
import dev.sluice.gcp.CloudConfiguration;
import dev.sluice.gcp.GoogleClients;
import dev.sluice.gcp.ObjectName;
import dev.sluice.gcp.StoredObject;
import dev.sluice.gcp.WriteCondition;
import dev.sluice.localcloud.LocalCloud;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One plan's files on their way through a local cloud. */
final class Journey implements AutoCloseable {
  private static final Duration LONGEST = Duration.ofHours(4);

  private final RunPlan plan;
  private final Path folder;
  private final LocalCloud cloud;
  private final GoogleClients clients;
  private final Stages stages;
  private final ReportReader reader;
  private @Nullable BatchReport last;

  /**
   * @param folder for what is too long to print
   * @param cloud a running one, with the plan's spec among its specs
   * @param stages told of that cloud's progress
   */
  Journey(RunPlan plan, Path folder, LocalCloud cloud, Stages stages) {
    this.plan = plan;
    this.folder = folder;
    this.cloud = cloud;
    this.stages = stages;
    this.clients =
        new GoogleClients(
            CloudConfiguration.from(name ->
                switch (name) {
                  case "COMPOSER_USER", "COMPOSER_PASSWORD" -> "admin";
                  default -> cloud.environment().get(name);
                }));
    this.reader =
        new ReportReader(
            clients.facts(variable("SLUICE_DATASET")),
            clients.objects(),
            variable("SLUICE_ARTIFACTS"));
  }

  /** A row that was sent to predict, and what came back. */
  record Asked(String file, String label, String url, String curl, SampleRow row, String answer) {}

  /** Uploads a file and waits until all that it sets off has ended. */
  BatchReport take(Path file) throws InterruptedException {
    String span = LocalDate.now(ZoneOffset.UTC).toString();
    StoredObject stored =
        clients
            .objects()
            .write(
                ObjectName.of(variable("SLUICE_INBOX"), plan.objectName(file, span)),
                file,
                "text/csv",
                WriteCondition.anything());
    String batch =
        Batch.of(
                plan.pipeline(),
                span,
                List.of(new Source(stored.name().uri(), stored.size(), stored.crc32c())),
                stored.created())
            .batch();
    if (!cloud.awaitIdle(LONGEST)) {
      throw new Unavailable("batch " + batch + " has not ended in " + LONGEST.toHours() + " hours");
    }
    BatchReport report =
        reader.read(plan.pipeline(), file.toString(), batch, stages.of(batch), plan.columns());
    last = report.features() == null ? last : report;
    return report;
  }

  @Nullable Long liveVersion() {
    return reader.liveVersion(plan.pipeline());
  }

  /** Sends a row of the newest file that got so far; null where it has none. */
  @Nullable Asked ask() throws IOException, InterruptedException {
    BatchReport report = last;
    if (report == null || report.features() == null) {
      return null;
    }
    Map<String, String> made = reader.fingerprints(plan.pipeline(), report.batch());
    SampleRow row =
        SampleRow.read(
            clients.objects(),
            variable("SLUICE_ARTIFACTS"),
            plan.pipeline() + "/examples/" + made.get("ingest") + "/",
            report.features().used().keySet(),
            report.features().label());
    if (row == null) {
      return null;
    }
    String url = variable("PREDICT_URL") + "/v1/models/" + plan.pipeline() + ":predict";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(row.request().toString()))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new Bug(
            "predict refuses row "
                + row.row()
                + " of "
                + report.file()
                + " with "
                + response.statusCode()
                + ": "
                + response.body());
      }
      return new Asked(
          report.file(),
          report.features().label(),
          url,
          row.curl(url, folder),
          row,
          response.body());
    }
  }

  private String variable(String name) {
    String value = cloud.environment().get(name);
    if (value == null) {
      throw new Bug("the local cloud did not say its " + name);
    }
    return value;
  }

  /** Lets the connections go; the cloud stays. */
  @Override
  public void close() {
    clients.close();
  }
}
