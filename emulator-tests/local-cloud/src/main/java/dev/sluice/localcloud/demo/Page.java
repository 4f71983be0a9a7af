package dev.sluice.localcloud.demo;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plain text, {@value #WIDTH} columns wide at most: a clock on the left, what happens on the right.
 * Safe for use by several threads.
 */
public final class Page {
  /** Where lines are broken. */
  public static final int WIDTH = 100;

  private static final String MARGIN = " ".repeat(10);

  private final PrintStream out;
  private final long started;

  /**
   * @param started {@link System#nanoTime} of the clock's zero
   */
  public Page(PrintStream out, long started) {
    this.out = out;
    this.started = started;
  }

  /** Seconds since the clock's zero. */
  public double seconds() {
    return (System.nanoTime() - started) / 1e9;
  }

  /** An empty line and a line at the left edge. */
  public synchronized void heading(String text) {
    out.println();
    wrap(text, WIDTH).forEach(out::println);
  }

  /** Something that has just happened, with its time. */
  public synchronized void event(String text) {
    String time = String.format(Locale.ROOT, "%6.1f s  ", seconds());
    String margin = time;
    for (String line : wrap(text, WIDTH - MARGIN.length())) {
      out.println(margin + line);
      margin = MARGIN;
    }
  }

  /** Text below an event, one paragraph a line of it. */
  public synchronized void text(String text) {
    for (String paragraph : text.split("\n", -1)) {
      // What follows a dash lines up behind it.
      String hanging = paragraph.startsWith("- ") ? "  " : "";
      String indent = MARGIN;
      for (String line : wrap(paragraph, WIDTH - MARGIN.length() - hanging.length())) {
        out.println((indent + line).stripTrailing());
        indent = MARGIN + hanging;
      }
    }
  }

  /** Lines below an event as they are: code that somebody may copy. */
  public synchronized void code(String text) {
    text.lines().forEach(line -> out.println((MARGIN + line).stripTrailing()));
  }

  /** Rows of a query under their columns' names, numbers to the right. */
  public synchronized void table(List<? extends Map<String, ? extends @Nullable Object>> rows) {
    if (rows.isEmpty()) {
      text("no rows");
      return;
    }
    List<String> names = new ArrayList<>(rows.getFirst().keySet());
    int[] widths = new int[names.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = names.get(i).length();
      for (Map<String, ? extends @Nullable Object> row : rows) {
        widths[i] = Math.max(widths[i], cell(row.get(names.get(i))).length());
      }
    }
    StringBuilder head = new StringBuilder(MARGIN);
    for (int i = 0; i < widths.length; i++) {
      boolean right = rows.getFirst().get(names.get(i)) instanceof Number;
      head.append(pad(names.get(i), widths[i], right)).append("  ");
    }
    out.println(head.toString().stripTrailing());
    for (Map<String, ? extends @Nullable Object> row : rows) {
      StringBuilder line = new StringBuilder(MARGIN);
      for (int i = 0; i < widths.length; i++) {
        Object value = row.get(names.get(i));
        line.append(pad(cell(value), widths[i], value instanceof Number)).append("  ");
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static String cell(@Nullable Object value) {
    return value == null ? "-" : String.valueOf(value);
  }

  private static String pad(String text, int width, boolean right) {
    String blanks = " ".repeat(Math.max(0, width - text.length()));
    return right ? blanks + text : text + blanks;
  }

  /** The text in lines of at most {@code width} where its words allow. */
  static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
