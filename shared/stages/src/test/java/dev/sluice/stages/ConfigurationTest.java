package dev.sluice.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
  @TempDir Path folder;

  @Test
  void valuesAreStrippedAndEmptyOnesAreAbsent() {
    Map<String, String> variables = Map.of("A", " x ", "B", "  ", "C", "");
    Configuration configuration = Configuration.of(variables::get);
    assertThat(configuration.get("A")).isEqualTo("x");
    assertThat(configuration.get("B")).isNull();
    assertThat(configuration.get("C")).isNull();
    assertThat(configuration.get("D")).isNull();
    assertThat(configuration.required("A")).isEqualTo("x");
  }

  @Test
  void aRequiredValueThatIsAbsentSaysWhereToAddIt() {
    assertThatThrownBy(() -> Configuration.of(name -> null).required("SLUICE_INBOX"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("SLUICE_INBOX")
        .hasMessageContaining("function.yaml");
  }

  @Test
  void aFileInTheFunctionsOwnLoaderStandsBeforeTheEnvironment() throws Exception {
    Properties properties = new Properties();
    properties.setProperty("SLUICE_X", "mine: ü");
    try (var out = Files.newOutputStream(folder.resolve("sluice-environment.properties"))) {
      properties.store(out, null);
    }
    try (URLClassLoader loader = loader()) {
      Configuration configuration = Configuration.of(loader.loadClass(Layout.class.getName()));
      assertThat(configuration.get("SLUICE_X")).isEqualTo("mine: ü");
      assertThat(configuration.get("PATH")).isNull();
    }
  }

  @Test
  void withoutTheFileTheEnvironmentIsRead() {
    assertThat(Configuration.of(Configuration.class).get("PATH")).isEqualTo(System.getenv("PATH"));
  }

  /** The class again, as the local cloud loads functions: a loader of its own. */
  private URLClassLoader loader() throws IOException {
    URL classes = Layout.class.getProtectionDomain().getCodeSource().getLocation();
    return new URLClassLoader(
        new URL[] {folder.toUri().toURL(), classes},
        new ClassLoader(getClass().getClassLoader()) {
          @Override
          protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.equals(Layout.class.getName())) {
              throw new ClassNotFoundException(name);
            }
            return super.loadClass(name, resolve);
          }
        });
  }
}
