package dev.sluice.benchmarks;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A marketplace's table that is made up: 20 columns, of which 8 are floats, 4 counts, 6 texts of
 * few values, a number and a text that identify, with 2 % missing; and whether a listing sold.
 */
final class Listings {
  static final String LABEL = "sold";

  /** Columns that make groups: 12, 4 and 7 values. */
  static final String[] GROUPING = {"category", "tier", "region"};

  private static final int COLUMNS = 20;
  private static final String[] TEXTS = {
    "category", "tier", "condition", "region", "channel", "shipping"
  };
  private static final int[] VALUES = {12, 4, 4, 7, 4, 3};
  private static final int PRICE = 8;
  private static final int DISCOUNT = 9;

  private Listings() {}

  static String[] names() {
    String[] names = new String[COLUMNS];
    names[0] = "listing_id";
    names[1] = "seller_id";
    System.arraycopy(TEXTS, 0, names, 2, TEXTS.length);
    String[] floats = {"price", "discount", "rating", "weight", "days", "ctr", "photo", "score"};
    System.arraycopy(floats, 0, names, 8, floats.length);
    String[] counts = {"stock", "views", "reviews", "age"};
    System.arraycopy(counts, 0, names, 16, counts.length);
    return names;
  }

  /** Texts, longs and doubles; null where missing. */
  static @Nullable Object[] values(Random random, int row) {
    @Nullable Object[] values = new Object[COLUMNS];
    values[0] = 10_000_000L + row;
    values[1] = "S" + random.nextInt(50_000);
    for (int t = 0; t < TEXTS.length; t++) {
      values[2 + t] = missing(random) ? null : TEXTS[t] + "-" + random.nextInt(VALUES[t]);
    }
    for (int f = 0; f < 8; f++) {
      double scale = f == 0 || f == 2 ? 100 : 1e9;
      values[8 + f] =
          missing(random)
              ? null
              : (Object) (Math.round(Math.exp(random.nextGaussian()) * scale) / scale);
    }
    for (int c = 0; c < 4; c++) {
      values[16 + c] = missing(random) ? null : (Object) (long) random.nextInt(1000);
    }
    return values;
  }

  private static boolean missing(Random random) {
    return random.nextInt(50) == 0;
  }

  /** Some four in ten, more of them where the price is low and the discount high. */
  private static int sold(Random random, @Nullable Object[] values) {
    double price = values[PRICE] instanceof Double number ? number : 1;
    double discount = values[DISCOUNT] instanceof Double number ? number : 1;
    return random.nextDouble() < 1 / (1 + Math.exp(price - discount)) ? 1 : 0;
  }

  /** The table with its label, the same for the same number of rows. */
  static void write(Path file, int rows) throws IOException {
    Random random = new Random(7);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      StringBuilder line = new StringBuilder(String.join(",", names())).append(',').append(LABEL);
      for (int row = 0; row < rows; row++) {
        out.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        line.setLength(0);
        @Nullable Object[] values = values(random, row);
        for (Object value : values) {
          line.append(value == null ? "" : value).append(',');
        }
        line.append(sold(random, values));
      }
      out.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
