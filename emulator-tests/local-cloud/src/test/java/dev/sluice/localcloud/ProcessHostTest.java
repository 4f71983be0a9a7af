package dev.sluice.localcloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.FunctionManifest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProcessHostTest {
  private static final FunctionManifest MANIFEST =
      FunctionManifest.parse(
          "greet",
          """
          entry_point: example.Greet
          trigger: {http: {}}
          memory: 512Mi
          cpu: 1
          timeout: 60s
          concurrency: 1
          min_instances: 0
          max_instances: 1
          environment: {}
          roles: {}
          invokers: [composer]
          """);

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();

  /** A function that answers with a library's word, a variable and its process's id. */
  @BeforeEach
  void compile() throws IOException {
    Path sources = Files.createDirectories(folder.resolve("sources"));
    Path word =
        Files.writeString(
            sources.resolve("Word.java"),
            "package library; public class Word { public static final StringBuilder WORD = new StringBuilder(\"hello\"); }");
    Path greet =
        Files.writeString(
            sources.resolve("Greet.java"),
            """
            package example;
            import com.google.cloud.functions.*;
            public class Greet implements HttpFunction {
              public void service(HttpRequest request, HttpResponse response) throws Exception {
                response.getWriter().write(
                    library.Word.WORD + " " + System.getenv("WHO") + " " + System.getenv("JAVA_HOME")
                        + " " + ProcessHandle.current().pid());
              }
            }
            """);
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
                folder.resolve("classes").toString(),
                word.toString(),
                greet.toString());
    assertThat(failed).isZero();
    jar("library.jar", "library/Word.class", null);
    jar("greet.jar", "example/Greet.class", "libs/library.jar");
  }

  @AfterEach
  void close() {
    client.close();
  }

  private void jar(String name, String file, @org.jspecify.annotations.Nullable String classPath)
      throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (classPath != null) {
      manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    }
    try (JarOutputStream out =
        new JarOutputStream(Files.newOutputStream(folder.resolve(name)), manifest)) {
      out.putNextEntry(new ZipEntry(file));
      Files.copy(folder.resolve("classes").resolve(file), out);
    }
  }

  private ProcessHost start(boolean withLibrary) throws IOException {
    Path target = Files.createDirectories(folder.resolve("functions/greet/target"));
    try (ZipOutputStream out =
        new ZipOutputStream(Files.newOutputStream(target.resolve("greet.zip")))) {
      out.putNextEntry(new ZipEntry("greet.jar"));
      Files.copy(folder.resolve("greet.jar"), out);
      if (withLibrary) {
        out.putNextEntry(new ZipEntry("libs/library.jar"));
        Files.copy(folder.resolve("library.jar"), out);
      }
    }
    return ProcessHost.start(
        List.of(
            new FunctionHost.Deployment(
                MANIFEST,
                new FunctionPackage(folder.resolve("greet.jar"), List.of()),
                Map.of("WHO", "world"),
                /* port= */ 0)),
        new Home(folder),
        folder.resolve("state"));
  }

  private HttpResponse<String> call(ProcessHost host) throws Exception {
    return client.send(
        HttpRequest.newBuilder(host.urls().getOrDefault("greet", URI.create("http://none")))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aFunctionHasItsOwnLibrariesAndVariablesAndComesBackAfterItsDeath() throws Exception {
    try (ProcessHost host = start(/* withLibrary= */ true)) {
      String[] first = call(host).body().split(" ", -1);
      host.kill("greet");
      String[] second = call(host).body().split(" ", -1);

      assertThat(first).startsWith("hello", "world", "null");
      assertThat(second).startsWith("hello", "world", "null");
      assertThat(second[3]).isNotEqualTo(first[3]).isNotEqualTo("" + ProcessHandle.current().pid());
    }
  }

  @Test
  void aLibraryThatTheZipLacksIsMissed() throws Exception {
    try (ProcessHost host = start(/* withLibrary= */ false)) {
      assertThat(call(host).statusCode()).isEqualTo(500);
    }
    assertThat(folder.resolve("state/processes/greet/log"))
        .content()
        .contains("NoClassDefFoundError: library/Word");
  }
}
