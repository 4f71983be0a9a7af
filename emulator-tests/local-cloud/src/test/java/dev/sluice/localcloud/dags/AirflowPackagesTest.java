package dev.sluice.localcloud.dags;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.Unavailable;
import dev.sluice.localcloud.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the installing script tells, in a checkout whose script is made up. */
final class AirflowPackagesTest {
  @TempDir private Path root;
  private Home home;
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void makeHome() throws IOException {
    home = new Home(root);
    Files.createDirectories(home.airflow());
  }

  private void script(String text) throws IOException {
    Path script = home.airflow().resolve("venv.sh");
    Files.writeString(script, "#!/usr/bin/env bash\n" + text);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void whatIsInstalled_isToldWhileItIs() throws Exception {
    script("echo 'making target/airflow-venv with python3.12'\n");

    assertThat(AirflowPackages.install(home, said::add))
        .isEqualTo(root.resolve("target/airflow-venv/bin/python"));
    assertThat(said).containsExactly("making target/airflow-venv with python3.12");
  }

  @Test
  void whereAirflowCannotBeHad_theReasonIsItsMessage() throws Exception {
    script("echo 'making it'; echo 'the package index cannot be reached: refused'; exit 3\n");

    assertThatThrownBy(() -> AirflowPackages.install(home, said::add))
        .isInstanceOf(AirflowPackages.Missing.class)
        .hasMessage(
            "Airflow cannot be had: the package index cannot be reached: refused;"
                + " without --airflow there is the embedded Composer");
    assertThat(said).containsExactly("making it");
  }

  @Test
  void whereInstallingFails_itIsUnavailable() throws Exception {
    script("echo 'the packages cannot be installed'; exit 1\n");

    assertThatThrownBy(() -> AirflowPackages.install(home, said::add))
        .isInstanceOf(Unavailable.class)
        .hasMessageStartingWith("the packages cannot be installed; ");
  }
}
