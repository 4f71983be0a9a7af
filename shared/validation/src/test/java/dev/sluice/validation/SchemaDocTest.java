package dev.sluice.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tensorflow.metadata.v0.AnomalyInfo;

/** The tables of docs/schema.md are whole and true. */
class SchemaDocTest {
  private static final Pattern NAME = Pattern.compile("`([A-Z][A-Z0-9_]+)`");

  private static List<String> rows(String from, String to) throws IOException {
    String text = Files.readString(Path.of("../../docs/schema.md"));
    String part = text.substring(text.indexOf(from), text.indexOf(to));
    return part.lines().filter(line -> line.startsWith("| `")).toList();
  }

  private static List<String> names(String from, String to) throws IOException {
    List<String> names = new ArrayList<>();
    for (String row : rows(from, to)) {
      Matcher matcher = NAME.matcher(row.split("\\|", -1)[1]);
      while (matcher.find()) {
        names.add(matcher.group(1));
      }
    }
    return names;
  }

  @Test
  void everyTypeOfTfdvIsListedOnce() throws IOException {
    assertThat(names("## Anomalies", "Where the verdict differs"))
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(AnomalyInfo.Type.values()).map(Enum::name).toList());
  }

  @Test
  void whatIsSaidToBeDetectedIsAKind() throws IOException {
    Set<String> kinds =
        Arrays.stream(Kind.values())
            .map(kind -> kind.type().name())
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(new TreeSet<>(names("## Anomalies", "Told when the file is read"))).isEqualTo(kinds);
  }

  @Test
  void everyTypeThatIsDetectedNamesATest() throws IOException {
    Set<String> cases =
        TfdvAnomaliesTest.cases()
            .map(arguments -> (String) arguments.get()[0])
            .collect(Collectors.toSet());
    for (String row : rows("## Anomalies", "Told under another name")) {
      String[] cells = row.split("\\|", -1);
      String test = cells[cells.length - 2].strip();
      if (test.startsWith("golden: ")) {
        assertThat(cases).contains(test.substring("golden: ".length()));
      } else if (test.contains(".")) {
        String[] method = test.split("\\.", 2);
        assertThat(
                Files.readString(
                    Path.of("src/test/java/dev/sluice/validation/" + method[0] + ".java")))
            .contains("void " + method[1] + "(");
      } else {
        assertThat(Path.of("src/test/java/dev/sluice/validation/" + test + ".java")).exists();
      }
    }
  }

  @Test
  void everyEditThatIsNamedExists() throws IOException {
    Set<String> edits =
        Arrays.stream(SchemaEdit.class.getPermittedSubclasses())
            .map(Class::getSimpleName)
            .collect(Collectors.toSet());
    for (String row : rows("## Anomalies", "Told when the file is read")) {
      Matcher matcher =
          Pattern.compile("[A-Z][a-z]+[A-Z][A-Za-z]+").matcher(row.split("\\|", -1)[4]);
      while (matcher.find()) {
        assertThat(edits).contains(matcher.group());
      }
    }
  }
}
