package dev.sluice.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contracts.Json;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.ExampleReader;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.RecordFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Associations equal those of pandas, scipy and scikit-learn, as {@code associations.py} of these
 * tests wrote them down.
 */
final class AssociationsGoldenTest {
  private static final Path TAXI = Path.of("../../../shared/data/taxi/trips.csv");

  private record Golden(String a, String b, Association.Measure measure, @Nullable Double value) {}

  @Test
  void madeUpColumnsWithMissingValuesAgree() throws IOException {
    Path csv = Files.createTempFile("associations", ".csv");
    try (InputStream in = resource("associations.csv")) {
      Files.write(csv, in.readAllBytes());
      agree(csv, "sold", "associations.json");
    } finally {
      Files.delete(csv);
    }
  }

  @Test
  void taxiTripsAgree() throws IOException {
    assumeTrue(Files.exists(TAXI), "the taxi trips lie beside the checkout");
    agree(TAXI, "payment_type", "taxi-associations.json");
  }

  private static void agree(Path csv, String label, String golden) throws IOException {
    Statistics statistics =
        new StatisticsAnalyzer(GroupOptions.none(), Label.column(label))
            .analyze(reader(csv, /* first= */ true), reader(csv, /* first= */ false));
    Map<String, Association> actual = new LinkedHashMap<>();
    for (Association association : statistics.relations().associations()) {
      actual.put(
          association.measure() + " " + association.a() + " " + association.b(), association);
    }
    List<Golden> expected;
    try (InputStream in = resource(golden)) {
      expected = Arrays.asList(Json.read(in.readAllBytes(), Golden[].class, golden));
    }
    for (Golden pair : expected) {
      String name = pair.measure() + " " + pair.a() + " " + pair.b();
      Association found = actual.remove(name);
      assertThat(found).as(name).isNotNull();
      if (found == null) {
        continue;
      }
      Double value = pair.value();
      if (value == null) {
        assertThat(found.value()).as(name).isNaN();
      } else {
        assertThat(found.value()).as(name).isCloseTo(value, within(1e-9));
        assertThat(found.error()).as(name).isZero();
      }
    }
    // A column without any value has no type in pandas.
    assertThat(actual.values()).allSatisfy(association -> assertThat(association.rows()).isZero());
  }

  private static InputStream resource(String name) {
    InputStream in = AssociationsGoldenTest.class.getResourceAsStream(name);
    if (in == null) {
      throw new AssertionError(name + " is no resource");
    }
    return in;
  }

  /** Half of the rows, as the two splits. */
  private static Supplier<ExampleReader> reader(Path csv, boolean first) {
    try (ExampleReader all = Ingestion.read(List.of(RecordFiles.detect(ByteSource.of(csv))))) {
      ExampleBatch batch = all.next();
      if (batch == null) {
        throw new AssertionError(csv + " has no rows");
      }
      int[] rows = new int[first ? batch.rows() / 2 : batch.rows() - batch.rows() / 2];
      Arrays.setAll(rows, r -> first ? r : r + batch.rows() / 2);
      return Columns.reader(batch.select(rows), 1000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
