package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UpCommandTest {
  @Test
  void whereAirflowCannotBeHad_itEndsWithThreeAndStartsNothing(@TempDir Path root)
      throws Exception {
    Path script = root.resolve("emulator-tests/airflow/venv.sh");
    Files.createDirectories(script.getParent());
    Files.writeString(script, "#!/usr/bin/env bash\necho 'no Python 3.10 to 3.12'\nexit 3\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path state = root.resolve("state");
    String former = System.setProperty("sluice.home", root.toString());
    try {
      int status =
          Main.commandLine().execute("up", "--airflow", "--detach", "--state", state.toString());

      assertThat(status).isEqualTo(3);
      assertThat(state).doesNotExist();
    } finally {
      if (former == null) {
        System.clearProperty("sluice.home");
      } else {
        System.setProperty("sluice.home", former);
      }
    }
  }
}
