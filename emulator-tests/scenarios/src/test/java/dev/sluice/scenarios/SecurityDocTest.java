package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.localcloud.Home;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/security.md says is tested, is. */
final class SecurityDocTest {
  private static final Pattern JAVA = Pattern.compile("`([A-Z]\\w*Test)(?:\\.(\\w+))?`");
  private static final Pattern PYTHON = Pattern.compile("`(test_\\w+\\.py)(?:::(\\w+))?`");
  private static final Set<String> SKIPPED = Set.of("target", ".git", "node_modules");

  private final Home home = Home.find();

  private static Map<String, String> tests(Path root) throws IOException {
    Map<String, String> out = new HashMap<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return SKIPPED.contains(String.valueOf(folder.getFileName()))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            String name = String.valueOf(file.getFileName());
            if (name.endsWith("Test.java") || name.matches("test_.*\\.py")) {
              out.merge(name.replace(".java", ""), Files.readString(file), String::concat);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return out;
  }

  /** Classes and methods that a page names and that are nowhere. */
  private static Set<String> unknown(String page, Map<String, String> tests) {
    Set<String> out = new TreeSet<>();
    for (Pattern form : Set.of(JAVA, PYTHON)) {
      for (Matcher named = form.matcher(page); named.find(); ) {
        String source = tests.getOrDefault(named.group(1), "");
        String method = named.group(2);
        if (source.isEmpty() || (method != null && !source.contains(" " + method + "("))) {
          out.add(named.group());
        }
      }
    }
    return out;
  }

  @Test
  void everyTestThatThePageNamesIsThere() throws IOException {
    String page = Files.readString(home.root().resolve("docs/security.md"));
    assertThat(JAVA.matcher(page).results().count()).isGreaterThan(40);
    assertThat(unknown(page, tests(home.root()))).isEmpty();
  }

  @Test
  void aTestThatIsGoneIsTold() {
    String page = "| x | `HostileTest.gone` and `GoneTest` | `test_gone.py::test_x` |";
    assertThat(unknown(page, Map.of("HostileTest", "void there() {")))
        .containsExactlyInAnyOrder("`HostileTest.gone`", "`GoneTest`", "`test_gone.py::test_x`");
  }
}
