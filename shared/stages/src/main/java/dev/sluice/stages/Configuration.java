package dev.sluice.stages;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A function's settings. They come from {@code sluice-environment.properties} in the function's own
 * class loader where that is there (the local cloud writes it, as many functions share a process
 * and so an environment), else from the environment.
 */
public final class Configuration {
  private static final String FILE = "sluice-environment.properties";

  private final UnaryOperator<@Nullable String> variables;

  private Configuration(UnaryOperator<@Nullable String> variables) {
    this.variables = variables;
  }

  /** The settings of that function. */
  public static Configuration of(Class<?> function) {
    try (InputStream in = function.getClassLoader().getResourceAsStream(FILE)) {
      if (in == null) {
        return new Configuration(System::getenv);
      }
      Properties properties = new Properties();
      properties.load(in);
      return new Configuration(properties::getProperty);
    } catch (IOException e) {
      throw new Bug(FILE + " cannot be read", e);
    }
  }

  /** Settings given in code, for tests. */
  public static Configuration of(UnaryOperator<@Nullable String> variables) {
    return new Configuration(variables);
  }

  /** The value, or null where it is not set or empty. */
  public @Nullable String get(String name) {
    String value = variables.apply(name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  /**
   * @throws BadInput where it is not set
   */
  public String required(String name) {
    String value = get(name);
    if (value == null) {
      throw new BadInput(
          "the function's environment lacks " + name + "; add it to its function.yaml and deploy");
    }
    return value;
  }
}
