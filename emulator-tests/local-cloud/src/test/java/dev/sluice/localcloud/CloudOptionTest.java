package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CloudOptionTest {
  private static final String DEPLOYED =
      """
      # what terraform output -raw cloud prints
      GOOGLE_CLOUD_PROJECT=shop-prod
      SLUICE_INBOX=shop-prod-sluice-inbox
      SLUICE_ARTIFACTS=shop-prod-sluice-artifacts
      SLUICE_SERVING=shop-prod-sluice-serving
      SLUICE_DATASET=sluice
      COMPOSER_URL=https://airflow.example.com
      """;

  @TempDir private Path folder;

  @Test
  void aDeployedCloudIsGooglesOwnAndKnowsNoPassword() throws Exception {
    Addresses addresses = CloudOption.deployed(file(DEPLOYED));

    assertThat(addresses.get("SLUICE_INBOX")).isEqualTo("shop-prod-sluice-inbox");
    assertThat(addresses.cloud().project()).isEqualTo("shop-prod");
    assertThat(addresses.cloud().storageHost()).isNull();
    assertThat(addresses.cloud().composerUrl()).isEqualTo("https://airflow.example.com");
    assertThat(addresses.cloud().composerUser()).isNull();
  }

  @Test
  void aFileOfEmulatorsIsALocalCloud() throws Exception {
    Addresses addresses =
        CloudOption.deployed(file(DEPLOYED + "STORAGE_EMULATOR_HOST=http://127.0.0.1:9\n"));

    assertThat(addresses.cloud().storageHost()).isEqualTo("http://127.0.0.1:9");
    assertThat(addresses.cloud().composerUser()).isEqualTo("admin");
  }

  @Test
  void whatIsMissingIsNamed() throws Exception {
    Path file = file(DEPLOYED.replace("SLUICE_SERVING=shop-prod-sluice-serving\n", ""));

    assertThatThrownBy(() -> CloudOption.deployed(file))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("lacks SLUICE_SERVING; make it with: terraform output -raw cloud");
  }

  @Test
  void aLineThatIsNoVariableIsNamed() throws Exception {
    Path file = file(DEPLOYED + "Error: no outputs found\n");

    assertThatThrownBy(() -> CloudOption.deployed(file))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 8: 'Error: no outputs found' is not NAME=value");
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> CloudOption.deployed(folder.resolve("prod.env")))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("prod.env is no file; make it with: terraform output -raw cloud >");
  }

  private Path file(String text) throws Exception {
    return Files.writeString(folder.resolve("prod.env"), text);
  }
}
