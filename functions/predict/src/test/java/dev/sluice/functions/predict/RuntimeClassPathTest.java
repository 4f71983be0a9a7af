package dev.sluice.functions.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.functions.HttpFunction;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.rollout.Routes;
import java.io.File;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers with the libraries that the zip carries, and no others. */
class RuntimeClassPathTest {
  @TempDir private Path folder;

  @Test
  void zipsLibraries_answerARequest() throws Exception {
    Map<String, byte[]> objects = new HashMap<>(World.SALES.release(Sales.PIPELINE, 1));
    objects.put(Sales.LAYOUT.routes(Sales.PIPELINE).name(), Sales.routes(Routes.to(1)));
    try (URLClassLoader loader = loader()) {
      @SuppressWarnings("unchecked") // the class below, as that loader sees it
      Function<Map<String, byte[]>, String> inside =
          (Function<Map<String, byte[]>, String>)
              loader.loadClass(Inside.class.getName()).getDeclaredConstructor().newInstance();

      assertThat(inside.apply(objects))
          .isEqualTo("{\"predictions\": [" + World.expected(1, Map.of("price", 4.0)) + "]} 1");
    }
  }

  @Test
  void zipsLibraries_areEnoughForGooglesClients() throws Exception {
    HttpServer nothing =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    nothing.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(404, -1);
          exchange.close();
        });
    nothing.start();
    Queue<Runnable> last = new ArrayDeque<>();
    System.getProperties().put("dev.sluice.shutdown", last);
    try (URLClassLoader loader = loader()) {
      Files.writeString(
          folder.resolve("sluice-environment.properties"),
          "GOOGLE_CLOUD_PROJECT=p\nSLUICE_SERVING=serving\nPUBSUB_EMULATOR_HOST=127.0.0.1:1\n"
              + "STORAGE_EMULATOR_HOST=127.0.0.1:"
              + nothing.getAddress().getPort());
      HttpFunction function =
          (HttpFunction)
              loader.loadClass(Predict.class.getName()).getDeclaredConstructor().newInstance();
      Call call = Call.of("GET", "/v1/models/sales", "");

      function.service(call, call);

      assertThat(call.status()).as(call.text()).isIn(404, 500);
      assertThat(call.text()).doesNotContain("NoClassDefFound");
      assertThat(last).hasSize(1);
      last.remove().run();
    } finally {
      System.getProperties().remove("dev.sluice.shutdown");
      nothing.stop(0);
    }
  }

  @Test
  void whatOnlyTrainingAndExamplesNeed_isLeftOut() throws Exception {
    try (URLClassLoader loader = loader()) {
      for (String name :
          List.of(
              "ml.dmlc.xgboost4j.java.Booster",
              "com.esotericsoftware.kryo.Kryo",
              "dev.cel.runtime.CelRuntime",
              "dev.hardwood.reader.ParquetFileReader",
              "com.github.luben.zstd.Zstd")) {
        assertThatThrownBy(() -> loader.loadClass(name)).isInstanceOf(ClassNotFoundException.class);
      }
      assertThat(loader.loadClass("com.google.cloud.storage.Storage")).isNotNull();
    }
  }

  /** Shares the functions framework's interfaces with this test, as its invoker does. */
  private URLClassLoader loader() throws Exception {
    List<URL> urls = new ArrayList<>();
    try (InputStream in =
        RuntimeClassPathTest.class.getResourceAsStream("/runtime-class-path.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
      for (String entry : text.split(File.pathSeparator, -1)) {
        urls.add(Path.of(entry).toUri().toURL());
      }
    }
    urls.add(folder.toUri().toURL());
    urls.add(home(Predict.class));
    urls.add(home(Inside.class));
    ClassLoader shared =
        new ClassLoader(ClassLoader.getPlatformClassLoader()) {
          @Override
          protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.startsWith("com.google.cloud.functions.")) {
              return RuntimeClassPathTest.class.getClassLoader().loadClass(name);
            }
            throw new ClassNotFoundException(name);
          }
        };
    return new URLClassLoader(urls.toArray(URL[]::new), shared);
  }

  private static URL home(Class<?> type) throws Exception {
    return URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()).toURL();
  }
}
