package dev.sluice.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CloudConfigurationTest {

  @Test
  void readsTheVariablesThatGooglesOtherClientsRead() {
    CloudConfiguration read =
        CloudConfiguration.from(
            Map.of(
                    "GOOGLE_CLOUD_PROJECT", "acme",
                    "STORAGE_EMULATOR_HOST", "http://127.0.0.1:9001/",
                    "PUBSUB_EMULATOR_HOST", "127.0.0.1:9002",
                    "BIGQUERY_EMULATOR_HOST", "127.0.0.1:9003",
                    "BIGQUERY_STORAGE_EMULATOR_HOST", "127.0.0.1:9005",
                    "COMPOSER_URL", "http://127.0.0.1:9004/",
                    "COMPOSER_USER", "admin",
                    "COMPOSER_PASSWORD", "hunter2",
                    "COMPOSER_ENVIRONMENT",
                        "projects/acme/locations/europe-west1/environments/sluice",
                    "COMPOSER_EMULATOR_HOST", "127.0.0.1:9006")
                ::get);

    assertThat(read)
        .isEqualTo(
            new CloudConfiguration(
                "acme",
                "http://127.0.0.1:9001",
                "127.0.0.1:9002",
                "http://127.0.0.1:9003",
                "127.0.0.1:9005",
                "http://127.0.0.1:9004",
                "admin",
                "hunter2",
                "projects/acme/locations/europe-west1/environments/sluice",
                "http://127.0.0.1:9006"));
    assertThat(read.toString()).doesNotContain("hunter2");
  }

  @Test
  void nothingButTheProjectMeansGooglesOwn() {
    CloudConfiguration read =
        CloudConfiguration.from(Map.of("GOOGLE_CLOUD_PROJECT", "acme", "COMPOSER_URL", " ")::get);

    assertThat(read)
        .isEqualTo(new CloudConfiguration("acme", null, null, null, null, null, null, null));
    assertThatThrownBy(() -> CloudConfiguration.from(_ -> null))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("GOOGLE_CLOUD_PROJECT");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "::", "http://", "a b:1"})
  void refusesAnAddressWithoutHostAndPort(String host) {
    assertThatThrownBy(
            () -> new CloudConfiguration("acme", host, null, null, null, null, null, null))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("STORAGE_EMULATOR_HOST");
  }

  @Test
  void refusesToSendCredentialsInTheClear() {
    assertThatThrownBy(() ->
            new CloudConfiguration(
                "acme", null, null, null, null, "http://airflow.example", null, null))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("https");
  }

  @Test
  void refusesAUserWithoutAPassword() {
    assertThatThrownBy(
            () -> new CloudConfiguration("acme", null, null, null, null, null, "admin", null))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("COMPOSER_PASSWORD");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"sluice", "projects/p/environments/e", "projects/p/locations/l/environments/"})
  void refusesAnEnvironmentWithoutItsFullName(String name) {
    assertThatThrownBy(() ->
            CloudConfiguration.from(
                Map.of("GOOGLE_CLOUD_PROJECT", "acme", "COMPOSER_ENVIRONMENT", name)::get))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("COMPOSER_ENVIRONMENT")
        .hasMessageContaining("projects/P/locations/L/environments/E");
  }
}
