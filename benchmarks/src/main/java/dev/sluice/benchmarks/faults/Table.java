package dev.sluice.benchmarks.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A CSV file in memory, cell by cell as text, so that a fault changes what it names and nothing
 * else. Never changed in place; columns are shared between tables.
 *
 * @param names of the columns
 * @param columns a value a row each, '' where missing
 */
record Table(List<String> names, List<String[]> columns) {
  Table {
    names = List.copyOf(names);
    columns = List.copyOf(columns);
  }

  /** Reads RFC 4180: comma, quotes doubled, LF or CRLF, a header. */
  static Table parse(String name, String csv) {
    List<String> names = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    List<String> row = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    boolean ended = csv.endsWith("\n");
    for (int i = 0; i < csv.length() + (ended ? 0 : 1); i++) {
      char c = i < csv.length() ? csv.charAt(i) : '\n';
      if (quoted) {
        if (c == '"' && i + 1 < csv.length() && csv.charAt(i + 1) == '"') {
          cell.append('"');
          i++;
        } else if (c == '"') {
          quoted = false;
        } else {
          cell.append(c);
        }
      } else if (c == '"') {
        quoted = true;
      } else if (c == ',' || c == '\n') {
        row.add(cell.toString());
        cell.setLength(0);
        if (c == '\n') {
          add(name, names, rows, row);
          row = new ArrayList<>();
        }
      } else if (c != '\r') {
        cell.append(c);
      }
    }
    if (rows.isEmpty()) {
      throw new BadInput(name + " has no rows; give a CSV file with a header and rows");
    }
    List<String[]> columns = new ArrayList<>();
    for (int c = 0; c < names.size(); c++) {
      String[] column = new String[rows.size()];
      for (int r = 0; r < column.length; r++) {
        column[r] = rows.get(r).get(c);
      }
      columns.add(column);
    }
    return new Table(names, columns);
  }

  private static void add(
      String name, List<String> names, List<List<String>> rows, List<String> row) {
    if (names.isEmpty()) {
      names.addAll(row);
    } else if (row.size() == names.size()) {
      rows.add(row);
    } else if (!row.equals(List.of(""))) {
      throw new BadInput(
          name
              + " has "
              + row.size()
              + " fields in row "
              + (rows.size() + 1)
              + ", its header "
              + names.size()
              + "; the bench needs a file that is whole before it breaks it");
    }
  }

  int rows() {
    return columns.getFirst().length;
  }

  boolean has(String column) {
    return names.contains(column);
  }

  String[] column(String name) {
    return columns.get(names.indexOf(name));
  }

  /** With other values in one column, which is added at the end where it is new. */
  Table with(String name, String[] values) {
    List<String> newNames = new ArrayList<>(names);
    List<String[]> changed = new ArrayList<>(columns);
    int at = names.indexOf(name);
    if (at < 0) {
      newNames.add(name);
      changed.add(values);
    } else {
      changed.set(at, values);
    }
    return new Table(newNames, changed);
  }

  Table without(List<String> dropped) {
    List<String> kept = new ArrayList<>(names);
    kept.removeAll(dropped);
    return new Table(kept, kept.stream().map(this::column).toList());
  }

  /** The rows chosen, in that order; from 0. */
  Table select(int[] chosen) {
    List<String[]> selected = new ArrayList<>();
    for (String[] column : columns) {
      String[] values = new String[chosen.length];
      for (int i = 0; i < chosen.length; i++) {
        values[i] = column[chosen[i]];
      }
      selected.add(values);
    }
    return new Table(names, selected);
  }

  /** Rows from one to before another, from 0. */
  Table slice(int from, int to) {
    List<String[]> selected = new ArrayList<>();
    for (String[] column : columns) {
      selected.add(Arrays.copyOfRange(column, from, to));
    }
    return new Table(names, selected);
  }

  /** Disjoint random parts of equal size, each in the order of the file. */
  List<Table> parts(int parts, SplittableRandom random) {
    int[] shuffled = shuffled(rows(), random);
    int size = rows() / parts;
    List<Table> tables = new ArrayList<>();
    for (int p = 0; p < parts; p++) {
      int[] chosen = Arrays.copyOfRange(shuffled, p * size, (p + 1) * size);
      Arrays.sort(chosen);
      tables.add(select(chosen));
    }
    return tables;
  }

  /** The numbers from 0 to {@code n - 1} in random order (Fisher and Yates). */
  static int[] shuffled(int n, SplittableRandom random) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }

  byte[] csv() {
    StringBuilder text = new StringBuilder(rows() * 100);
    line(text, names.toArray(String[]::new));
    String[] row = new String[names.size()];
    for (int r = 0; r < rows(); r++) {
      for (int c = 0; c < row.length; c++) {
        row[c] = columns.get(c)[r];
      }
      line(text, row);
    }
    return text.toString().getBytes(UTF_8);
  }

  private static void line(StringBuilder text, String[] row) {
    for (int c = 0; c < row.length; c++) {
      if (c > 0) {
        text.append(',');
      }
      String value = row[c];
      if (value.indexOf(',') >= 0 || value.indexOf('"') >= 0 || value.indexOf('\n') >= 0) {
        text.append('"').append(value.replace("\"", "\"\"")).append('"');
      } else {
        text.append(value);
      }
    }
    text.append('\n');
  }
}
