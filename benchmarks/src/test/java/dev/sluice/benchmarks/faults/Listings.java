package dev.sluice.benchmarks.faults;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/** A table in which everything can break that the bench knows to break. */
final class Listings {
  private static final int ROWS = 4_000;
  private static final long MIDNIGHT = 1_767_225_600L;
  private static final Map<String, Double> CITIES =
      Map.of(
          "Paris", 0.5, "Lyon", 0.2, "Nice", 0.15, "Metz", 0.05, "Brest", 0.05, "Pau", 0.02, "Laon",
          0.02, "Albi", 0.01);

  private Listings() {}

  static Table table() {
    List<String> names =
        List.of("product", "city", "price", "weight", "moment", "hour", "colour", "sold", "bin");
    String[][] columns = new String[names.size()][ROWS];
    SplittableRandom random = new SplittableRandom(5);
    List<String> cities = CITIES.keySet().stream().sorted().toList();
    for (int row = 0; row < ROWS; row++) {
      long second = random.nextLong(86_400L * 60);
      String[] cells = {
        String.format(Locale.ROOT, "AB-%04d", random.nextInt(9_000)),
        city(cities, random.nextDouble()),
        String.format(Locale.ROOT, "%.2f", Math.exp(random.nextGaussian() + 3)),
        String.format(Locale.ROOT, "%.1f", 50 + 10 * random.nextGaussian()),
        Long.toString(MIDNIGHT + second),
        Long.toString(second % 86_400 / 3_600),
        List.of("red", "green", "blue", "black").get(random.nextInt(4)),
        random.nextDouble() < 0.3 ? "1" : "0",
        String.format(Locale.ROOT, "%06d", random.nextInt(99_999))
      };
      for (int c = 0; c < cells.length; c++) {
        columns[c][row] = cells[c];
      }
    }
    return new Table(names, List.of(columns));
  }

  private static String city(List<String> cities, double at) {
    double sum = 0;
    for (String city : cities) {
      sum += CITIES.getOrDefault(city, 0.0);
      if (at < sum) {
        return city;
      }
    }
    return "Paris";
  }
}
