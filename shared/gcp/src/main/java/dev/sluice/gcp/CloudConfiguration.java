package dev.sluice.gcp;

import dev.sluice.contracts.BadInput;
import java.net.URI;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the cloud is. A null host means Google's own; a host given means an emulator there, spoken
 * to without credentials and without TLS.
 *
 * @param project the project's id
 * @param storageHost {@code host:port} or {@code http://host:port} of a Cloud Storage emulator
 * @param pubsubHost {@code host:port} of a Pub/Sub emulator (gRPC)
 * @param bigqueryHost {@code host:port} or {@code http://host:port} of a BigQuery emulator
 * @param bigqueryStorageHost {@code host:port} of that emulator's Storage API (gRPC)
 * @param composerUrl Airflow's address without {@code /api/v2}; https, or http on this machine
 * @param composerUser Airflow's own user; null means a Google access token, as Composer takes
 * @param composerPassword of {@code composerUser}
 * @param composerEnvironment {@code projects/P/locations/L/environments/E}, whose Airflow is looked
 *     up where {@code composerUrl} is null
 * @param composerHost {@code host:port} or {@code http://host:port} of what stands in for
 *     Composer's own API
 */
public record CloudConfiguration(
    String project,
    @Nullable String storageHost,
    @Nullable String pubsubHost,
    @Nullable String bigqueryHost,
    @Nullable String bigqueryStorageHost,
    @Nullable String composerUrl,
    @Nullable String composerUser,
    @Nullable String composerPassword,
    @Nullable String composerEnvironment,
    @Nullable String composerHost) {
  private static final Pattern ENVIRONMENT =
      Pattern.compile("projects/[^/]+/locations/[^/]+/environments/[^/]+");

  public CloudConfiguration {
    if (project.isBlank()) {
      throw new BadInput("the project's id is empty; set GOOGLE_CLOUD_PROJECT");
    }
    storageHost = address(storageHost, "STORAGE_EMULATOR_HOST");
    bigqueryHost = address(bigqueryHost, "BIGQUERY_EMULATOR_HOST");
    pubsubHost = target(pubsubHost, "PUBSUB_EMULATOR_HOST");
    bigqueryStorageHost = target(bigqueryStorageHost, "BIGQUERY_STORAGE_EMULATOR_HOST");
    composerUrl = blankToNull(composerUrl);
    composerUrl = composerUrl == null ? null : airflow(composerUrl, "COMPOSER_URL");
    composerUser = blankToNull(composerUser);
    composerPassword = blankToNull(composerPassword);
    if ((composerUser == null) != (composerPassword == null)) {
      throw new BadInput("give both COMPOSER_USER and COMPOSER_PASSWORD, or neither");
    }
    composerEnvironment = blankToNull(composerEnvironment);
    if (composerEnvironment != null && !ENVIRONMENT.matcher(composerEnvironment).matches()) {
      throw new BadInput(
          "COMPOSER_ENVIRONMENT is '"
              + composerEnvironment
              + "'; it must be projects/P/locations/L/environments/E");
    }
    composerHost = address(composerHost, "COMPOSER_EMULATOR_HOST");
  }

  /** A cloud whose Composer is at an address, or that has none. */
  public CloudConfiguration(
      String project,
      @Nullable String storageHost,
      @Nullable String pubsubHost,
      @Nullable String bigqueryHost,
      @Nullable String bigqueryStorageHost,
      @Nullable String composerUrl,
      @Nullable String composerUser,
      @Nullable String composerPassword) {
    this(
        project,
        storageHost,
        pubsubHost,
        bigqueryHost,
        bigqueryStorageHost,
        composerUrl,
        composerUser,
        composerPassword,
        /* composerEnvironment= */ null,
        /* composerHost= */ null);
  }

  /**
   * Reads {@code GOOGLE_CLOUD_PROJECT}, {@code STORAGE_EMULATOR_HOST}, {@code
   * PUBSUB_EMULATOR_HOST}, {@code BIGQUERY_EMULATOR_HOST}, {@code BIGQUERY_STORAGE_EMULATOR_HOST},
   * {@code COMPOSER_URL}, {@code COMPOSER_USER}, {@code COMPOSER_PASSWORD}, {@code
   * COMPOSER_ENVIRONMENT} and {@code COMPOSER_EMULATOR_HOST}.
   *
   * @param variables the value of a name, null where it is not set
   * @throws BadInput where one is not of its form, or the project is not set
   */
  public static CloudConfiguration from(UnaryOperator<@Nullable String> variables) {
    String project = variables.apply("GOOGLE_CLOUD_PROJECT");
    return new CloudConfiguration(
        project == null ? "" : project,
        variables.apply("STORAGE_EMULATOR_HOST"),
        variables.apply("PUBSUB_EMULATOR_HOST"),
        variables.apply("BIGQUERY_EMULATOR_HOST"),
        variables.apply("BIGQUERY_STORAGE_EMULATOR_HOST"),
        variables.apply("COMPOSER_URL"),
        variables.apply("COMPOSER_USER"),
        variables.apply("COMPOSER_PASSWORD"),
        variables.apply("COMPOSER_ENVIRONMENT"),
        variables.apply("COMPOSER_EMULATOR_HOST"));
  }

  private static @Nullable String blankToNull(@Nullable String value) {
    return value == null || value.isBlank() ? null : value.strip();
  }

  private static @Nullable String address(@Nullable String value, String variable) {
    String given = blankToNull(value);
    if (given == null) {
      return null;
    }
    String url = given.contains("://") ? given : "http://" + given;
    URI uri = uri(url, variable);
    if (uri.getHost() == null || uri.getPort() < 1) {
      throw new BadInput(variable + " is '" + given + "'; it must be host:port");
    }
    return uri.getScheme() + "://" + uri.getRawAuthority();
  }

  /** As gRPC takes it. */
  private static @Nullable String target(@Nullable String value, String variable) {
    String address = address(value, variable);
    return address == null ? null : address.substring(address.indexOf("://") + 3);
  }

  /** Airflow's address, without a slash at its end. */
  static String airflow(String given, String variable) {
    URI uri = uri(given, variable);
    boolean here =
        "127.0.0.1".equals(uri.getHost())
            || "localhost".equals(uri.getHost())
            || "[::1]".equals(uri.getHost());
    // The token and the password travel in the clear over http.
    if (uri.getHost() == null
        || !("https".equals(uri.getScheme()) || ("http".equals(uri.getScheme()) && here))) {
      throw new BadInput(
          variable
              + " is '"
              + given
              + "'; it must be an https address (http only for this machine)");
    }
    return given.replaceAll("/+$", "");
  }

  private static URI uri(String text, String variable) {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new BadInput(variable + " is '" + text + "', which is no address", e);
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "CloudConfiguration[project="
        + project
        + ", storageHost="
        + storageHost
        + ", pubsubHost="
        + pubsubHost
        + ", bigqueryHost="
        + bigqueryHost
        + ", bigqueryStorageHost="
        + bigqueryStorageHost
        + ", composerUrl="
        + composerUrl
        + ", composerUser="
        + composerUser
        + ", composerEnvironment="
        + composerEnvironment
        + ", composerHost="
        + composerHost
        + "]";
  }
}
