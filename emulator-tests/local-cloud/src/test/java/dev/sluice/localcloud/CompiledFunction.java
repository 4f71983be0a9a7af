package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.FunctionManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;

/** A function of a few lines, compiled and packed as a deployed one. */
final class CompiledFunction {
  private static final String CLASS = "example.Small";

  private CompiledFunction() {}

  /** The manifest of one that is called by HTTP. */
  static FunctionManifest http() {
    return manifest("{http: {}}");
  }

  /** The manifest of one that is called with CloudEvents. */
  static FunctionManifest cloudEvent() {
    return manifest("{storage: {bucket: inbox, event: finalized}}");
  }

  private static FunctionManifest manifest(String trigger) {
    return FunctionManifest.parse(
        "small",
        """
        entry_point: example.Small
        trigger: %s
        memory: 512Mi
        cpu: 1
        timeout: 60s
        concurrency: 80
        max_instances: 1
        """
            .formatted(trigger));
  }

  /**
   * Its zip.
   *
   * @param declaration what follows {@code public class Small}, with Google's API imported
   */
  static Path zip(Path folder, String declaration) throws IOException {
    byte[] jar = jar(folder, declaration);
    return zip(folder, Map.of("small.jar", jar));
  }

  /** A zip of those files. */
  static Path zip(Path folder, Map<String, byte[]> files) throws IOException {
    Path zip = folder.resolve("small.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (Map.Entry<String, byte[]> file : new LinkedHashMap<>(files).entrySet()) {
        out.putNextEntry(new ZipEntry(file.getKey()));
        out.write(file.getValue());
      }
    }
    return zip;
  }

  /** Its jar. */
  static byte[] jar(Path folder, String declaration) throws IOException {
    Path source =
        Files.writeString(
            Files.createDirectories(folder.resolve("example")).resolve("Small.java"),
            """
            package example;
            import com.google.cloud.functions.*;
            public class Small %s
            """
                .formatted(declaration),
            StandardCharsets.UTF_8);
    Path classes = folder.resolve("classes");
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                source.toString());
    assertThat(failed).as(CLASS + " does not compile").isZero();
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    Path jar = folder.resolve("small.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        Files.copy(file, out);
      }
    }
    return Files.readAllBytes(jar);
  }

  /** All that a function's folder says. */
  static List<String> log(Path folder) throws IOException {
    return Files.readAllLines(folder.resolve("log"));
  }
}
