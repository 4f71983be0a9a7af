package dev.sluice.gcp;

import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode;
import com.google.cloud.orchestration.airflow.service.v1.Environment;
import com.google.cloud.orchestration.airflow.service.v1.EnvironmentsClient;
import com.google.cloud.orchestration.airflow.service.v1.EnvironmentsSettings;
import com.google.cloud.orchestration.airflow.service.v1.GetEnvironmentRequest;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.SluiceException;
import dev.sluice.contracts.Unavailable;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Airflow's address as Composer's own API tells it, by REST: {@code config.airflowUri} of an
 * environment. It is kept, as it stays the same while the environment lives, and asked for again
 * where Airflow no longer answers there: an environment that was made anew under its name has
 * another one.
 *
 * <p>One request is one try: whoever asks tries again at a patience of its own.
 */
final class ComposerEnvironment implements AirflowAddress {
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final String name;
  private final @Nullable String host;
  private final Duration pause;
  private final LongSupplier nanoTime;
  private final Lazy<EnvironmentsClient> client = new Lazy<>(this::connect);
  private @Nullable String known;
  private long lookedUp;

  /**
   * @param name {@code projects/P/locations/L/environments/E}
   * @param host {@code http://host:port} of what stands in for Composer's API, spoken to without
   *     credentials; null for Google's own
   * @param pause the least time between a look-up and the doubt of what it gave, so that an Airflow
   *     that is away for long does not become a stream of requests to Composer's API
   */
  ComposerEnvironment(String name, @Nullable String host, Duration pause) {
    this(name, host, pause, System::nanoTime);
  }

  ComposerEnvironment(String name, @Nullable String host, Duration pause, LongSupplier nanoTime) {
    this.name = name;
    this.host = host;
    this.pause = pause;
    this.nanoTime = nanoTime;
  }

  @Override
  public synchronized String base() {
    String base = known;
    if (base == null) {
      base = lookUp();
      known = base;
      lookedUp = nanoTime.getAsLong();
    }
    return base;
  }

  @Override
  public synchronized boolean doubt(String base) {
    if (base.equals(known) && nanoTime.getAsLong() - lookedUp >= pause.toNanos()) {
      known = null;
    }
    return true;
  }

  @Override
  public String setting() {
    return "COMPOSER_ENVIRONMENT";
  }

  private String lookUp() {
    Environment environment;
    try {
      environment =
          client.get().getEnvironment(GetEnvironmentRequest.newBuilder().setName(name).build());
    } catch (ApiException e) {
      throw refusal(e);
    }
    String uri = environment.getConfig().getAirflowUri();
    switch (environment.getState()) {
      // While it is updated, Airflow goes on.
      case RUNNING, UPDATING -> {
        if (uri.isEmpty()) {
          throw new Unavailable(
              told() + "tells no address of Airflow; call again once its web server is up");
        }
      }
      case CREATING -> throw new Unavailable(told() + "is CREATING; call again once it is RUNNING");
      case DELETING ->
          throw new Unavailable(
              told() + "is DELETING; make it again, or name another in COMPOSER_ENVIRONMENT");
      default ->
          throw new Unavailable(
              told()
                  + "is in the state "
                  + environment.getState()
                  + " and not RUNNING; see what Composer says of it, and mend it");
    }
    try {
      return CloudConfiguration.airflow(uri, "the airflowUri of " + name);
    } catch (BadInput e) {
      throw new Bug(String.valueOf(e.getMessage()), e);
    }
  }

  private SluiceException refusal(ApiException e) {
    StatusCode.Code code = e.getStatusCode().getCode();
    String said = " (" + e.getMessage() + ")";
    return switch (code) {
      case NOT_FOUND ->
          new Bug(
              told()
                  + "does not exist"
                  + said
                  + "; correct COMPOSER_ENVIRONMENT, or make the environment",
              e);
      case PERMISSION_DENIED ->
          new Bug(
              told()
                  + "may not be seen by this account"
                  + said
                  + "; give it roles/composer.user, and see that the Cloud Composer API is enabled",
              e);
      case UNAUTHENTICATED ->
          new Bug(
              told()
                  + "may not be asked for without signing in"
                  + said
                  + "; run as a service account",
              e);
      case INVALID_ARGUMENT ->
          new Bug(told() + "is no name that Composer takes" + said + "; correct it", e);
      case RESOURCE_EXHAUSTED ->
          new Unavailable(
              told() + "was asked for too often" + said + "; call again later, less often", e);
      default ->
          new Unavailable(
              told() + "cannot be looked up now: " + code + said + "; call again later", e);
    };
  }

  private String told() {
    return "Composer's environment " + name + " ";
  }

  private EnvironmentsClient connect() {
    EnvironmentsSettings.Builder settings = EnvironmentsSettings.newHttpJsonBuilder();
    settings
        .getEnvironmentSettings()
        .setRetryableCodes(Set.of())
        .setRetrySettings(
            RetrySettings.newBuilder()
                .setMaxAttempts(1)
                .setInitialRpcTimeoutDuration(ANSWER)
                .setMaxRpcTimeoutDuration(ANSWER)
                .setTotalTimeoutDuration(ANSWER)
                .build());
    if (host != null) {
      settings.setTransportChannelProvider(
          EnvironmentsSettings.defaultHttpJsonTransportProviderBuilder().setEndpoint(host).build());
      settings.setCredentialsProvider(NoCredentialsProvider.create());
    }
    try {
      return EnvironmentsClient.create(settings.build());
    } catch (IOException e) {
      throw new Unavailable(
          "no client for Composer's environments: "
              + e.getMessage()
              + "; run as a service account or log in with gcloud",
          e);
    }
  }

  @Override
  public void close() {
    EnvironmentsClient made = client.made();
    if (made != null) {
      made.close();
    }
  }
}
