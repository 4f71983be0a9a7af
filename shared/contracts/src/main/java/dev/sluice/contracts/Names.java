package dev.sluice.contracts;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The forms that names may have, so that each is safe in a path, a URL and a SQL string. */
public final class Names {
  /** Pipelines and operations: also a DAG's or a task's id and one segment of an object's name. */
  public static final Pattern PIPELINE = Pattern.compile("[a-z][a-z0-9_-]{0,62}");

  /** Runs and batches: what Airflow takes as a run's id. */
  public static final Pattern RUN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.~:+-]{0,199}");

  /** Unicode's marks of direction (UAX #9), and the byte order mark, none of which shows. */
  private static final String TURNS_DIRECTION =
      "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff";

  /** The longest segment that every file system takes, in bytes of UTF-8. */
  private static final int MAX_SEGMENT_BYTES = 255;

  private Names() {}

  /**
   * What makes an object's name unsafe: whatever would leave a folder, fool a terminal or fit no
   * file system, should anybody copy the object.
   *
   * @return what is wrong, to follow "a name that", such as {@code has the segment '..'}; null for
   *     a name like any other
   */
  public static @Nullable String objectProblem(String name) {
    OptionalInt control = name.codePoints().filter(Names::isControl).findFirst();
    if (control.isPresent()) {
      return String.format(Locale.ROOT, "holds the control character U+%04X", control.getAsInt());
    }
    for (String segment : name.split("/", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return "has the segment '" + segment + "'";
      }
      int bytes = segment.getBytes(StandardCharsets.UTF_8).length;
      if (bytes > MAX_SEGMENT_BYTES) {
        return "has a segment of " + bytes + " bytes, more than " + MAX_SEGMENT_BYTES;
      }
    }
    return null;
  }

  /**
   * @throws BadInput where the text can be no segment of an object's name, which a span is
   */
  public static void checkSpan(String span) {
    String problem = objectProblem(span);
    String wrong = null;
    if (span.isBlank()) {
      wrong = "is empty";
    } else if (span.contains("/")) {
      wrong = "is '" + printable(span) + "', which holds a /";
    } else if (problem != null) {
      wrong = "is a name that " + problem;
    }
    if (wrong != null) {
      throw new BadInput("the span " + wrong + "; give one segment, such as 2026-11-01");
    }
  }

  /** A text with its control characters written out, so that it can stand in a sentence. */
  public static String printable(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          if (isControl(c)) {
            out.append(String.format(Locale.ROOT, "\\u%04x", c));
          } else {
            out.appendCodePoint(c);
          }
        });
    return out.toString();
  }

  /**
   * True for a control character, and also for what turns a line's direction, ends a line unseen,
   * or is half a character.
   */
  public static boolean isControl(int codePoint) {
    boolean control =
        switch (Character.getType(codePoint)) {
          case Character.CONTROL,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SURROGATE ->
              true;
          default -> false;
        };
    return control || TURNS_DIRECTION.indexOf(codePoint) >= 0;
  }

  /**
   * @throws BadInput where the value is absent or does not fit
   */
  public static void check(String what, @Nullable String value, Pattern form) {
    if (value == null || !form.matcher(value).matches()) {
      throw new BadInput(
          what
              + " is "
              + (value == null ? "absent" : "'" + value + "'")
              + "; it must match "
              + form.pattern());
    }
  }

  /** The candidate with the least edit distance, for "did you mean". */
  public static String nearest(String word, Iterable<String> candidates) {
    String best = "";
    int least = Integer.MAX_VALUE;
    for (String candidate : candidates) {
      int distance = distance(word, candidate);
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return best;
  }

  /** Levenshtein's distance (1966), in O(|a| |b|) time. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(Math.min(above, row[j - 1]) + 1, change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
