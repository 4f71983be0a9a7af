package dev.sluice.functions.predict;

import dev.sluice.contracts.BadInput;
import dev.sluice.models.Predictor;
import dev.sluice.models.TreeModel;
import dev.sluice.transform.Mapping;
import dev.sluice.transform.RowEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A loaded version: it turns the JSON of a predict request into the JSON of its answer. Rows are
 * parsed straight into the mapping's row encoder. Immutable but for its pool, and safe for use by
 * several threads.
 */
final class ServedVersion {
  /** The one signature, by TensorFlow Serving's name for it. */
  static final String SIGNATURE = "serving_default";

  private static final byte[] PREDICTIONS = ascii("{\"predictions\": [");
  private static final byte[] OUTPUTS = ascii("{\"outputs\": [");
  private static final byte[] END = ascii("]}");

  private final String pipeline;
  private final int number;
  private final long generation;
  private final Mapping mapping;
  private final TreeModel model;
  private final ColumnTable columns;
  private final PredictionRows rows;
  private final Pool<RowEncoder> encoders;

  /**
   * @param generation of the object that says which bytes the version has
   * @throws BadInput where the model learned from other features than the mapping gives
   */
  ServedVersion(String pipeline, int number, long generation, Mapping mapping, TreeModel model) {
    Predictor matching = new Predictor(mapping, model);
    this.pipeline = pipeline;
    this.number = number;
    this.generation = generation;
    this.mapping = matching.mapping();
    this.model = matching.model();
    this.columns = new ColumnTable(mapping);
    this.rows = new PredictionRows(pipeline, number);
    this.encoders = new Pool<>(mapping::newRow);
  }

  String pipeline() {
    return pipeline;
  }

  int number() {
    return number;
  }

  long generation() {
    return generation;
  }

  Mapping mapping() {
    return mapping;
  }

  /**
   * Answers the body of the exchange: fills its answer and its messages, one a row.
   *
   * @throws Refusal where the body is at fault; then neither is to be used
   */
  void answer(Exchange exchange, Instant now) {
    RowEncoder encoder = encoders.take();
    try {
      new Call(exchange, encoder, now).run();
    } finally {
      encoders.giveBack(encoder);
    }
  }

  private final class Call {
    private final Exchange exchange;
    private final JsonCursor json;
    private final RowEncoder row;
    private final String at;
    private int instance;

    Call(Exchange exchange, RowEncoder row, Instant now) {
      this.exchange = exchange;
      this.json = exchange.json;
      this.row = row;
      this.at = now.toString();
    }

    void run() {
      json.start(exchange.body.array(), exchange.body.length());
      json.expect('{');
      boolean answered = false;
      if (!json.take('}')) {
        do {
          json.string();
          String name = json.text();
          json.expect(':');
          switch (name) {
            case "instances", "inputs" -> {
              if (answered) {
                throw Refusal.bad("send 'instances' or 'inputs', once and not both");
              }
              answered = true;
              if (name.equals("instances")) {
                instances();
              } else {
                inputs();
              }
            }
            case "signature_name" -> signature();
            default -> json.skip();
          }
        } while (json.more('}'));
      }
      json.finish();
      if (!answered) {
        throw Refusal.bad(
            "Missing 'inputs' or 'instances' key; send {\"instances\": [{column: value, ...},"
                + " ...]}");
      }
    }

    private void signature() {
      if (json.peek() != '"') {
        throw Refusal.bad("'signature_name' is " + json.kind() + "; send a text or leave it out");
      }
      json.string();
      String name = json.text();
      if (!name.isEmpty() && !name.equals(SIGNATURE)) {
        throw Refusal.bad(
            "Serving signature name: \""
                + name
                + "\" not found in signature def; the only one is "
                + SIGNATURE);
      }
    }

    /** The row format: a list of objects. */
    private void instances() {
      if (json.peek() != '[') {
        throw Refusal.bad("'instances' is " + json.kind() + "; send a list of objects");
      }
      json.expect('[');
      exchange.answer.add(PREDICTIONS);
      if (!json.take(']')) {
        do {
          if (json.peek() != '{') {
            throw Refusal.bad(
                "instance "
                    + instance
                    + " is "
                    + json.kind()
                    + "; send an object of raw columns, {column: value, ...}");
          }
          row.reset();
          int start = json.position();
          json.expect('{');
          if (!json.take('}')) {
            do {
              json.string();
              int column = column("instance " + instance);
              json.expect(':');
              value(column);
            } while (json.more('}'));
          }
          predicted(json.buffer(), start, json.position());
        } while (json.more(']'));
      }
      exchange.answer.add(END);
    }

    /** The columnar format: one pass finds where each column's list is, a second reads across. */
    private void inputs() {
      if (json.peek() != '{') {
        throw Refusal.bad(
            "'inputs' is " + json.kind() + "; send an object of lists, {column: [...], ...}");
      }
      json.expect('{');
      List<Cells> lists = new ArrayList<>();
      if (!json.take('}')) {
        do {
          json.string();
          Cells cells = new Cells();
          cells.nameFrom = json.from() - 1;
          cells.nameTo = json.to() + 1;
          cells.column = column("inputs");
          json.expect(':');
          if (json.peek() != '[') {
            throw Refusal.bad(
                "inputs: column '"
                    + cells.name()
                    + "' is "
                    + json.kind()
                    + "; send a list with a value a row");
          }
          json.expect('[');
          cells.at = json.position();
          if (!json.take(']')) {
            do {
              json.skip();
              cells.count++;
            } while (json.more(']'));
          }
          lists.add(cells);
          Cells first = lists.getFirst();
          if (cells.count != first.count) {
            throw Refusal.bad(
                "inputs: column '"
                    + cells.name()
                    + "' has "
                    + cells.count
                    + " values and column '"
                    + first.name()
                    + "' has "
                    + first.count
                    + "; send as many of each");
          }
        } while (json.more('}'));
      }
      int end = json.position();
      exchange.answer.add(OUTPUTS);
      int count = lists.isEmpty() ? 0 : lists.getFirst().count;
      while (instance < count) {
        across(lists);
      }
      exchange.answer.add(END);
      json.position(end);
    }

    private void across(List<Cells> lists) {
      row.reset();
      Bytes text = exchange.row;
      text.clear();
      byte[] buffer = json.buffer();
      char separator = '{';
      for (Cells cells : lists) {
        json.position(cells.at);
        json.peek();
        int start = json.position();
        value(cells.column);
        text.add(separator);
        text.add(buffer, cells.nameFrom, cells.nameTo);
        text.add(':');
        text.add(buffer, start, json.position());
        separator = ',';
        json.more(']');
        cells.at = json.position();
      }
      text.add('}');
      predicted(text.array(), 0, text.length());
    }

    private int column(String where) {
      try {
        return columns.find(json);
      } catch (BadInput e) {
        throw Refusal.bad(where + ": " + e.getMessage());
      }
    }

    private void value(int column) {
      if (column == ColumnTable.IGNORED) {
        json.skip();
        return;
      }
      try {
        switch (json.peek()) {
          case '"' -> {
            json.string();
            row.setString(column, json.text());
          }
          case 't' -> {
            json.literal("true");
            row.setBoolean(column, true);
          }
          case 'f' -> {
            json.literal("false");
            row.setBoolean(column, false);
          }
          case 'n' -> {
            json.literal("null");
            row.setMissing(column);
          }
          case '[' -> {
            if (!row.takesList(column)) {
              throw notOneValue(column);
            }
            list(column);
          }
          case '{' -> throw notOneValue(column);
          default -> {
            json.number();
            if (json.isWhole()) {
              row.setLong(column, json.longValue());
            } else if (Double.isNaN(json.doubleValue())) {
              row.setMissing(column);
            } else {
              row.setDouble(column, json.doubleValue());
            }
          }
        }
      } catch (BadInput e) {
        throw Refusal.bad("instance " + instance + ": " + e.getMessage());
      }
    }

    /** The values of a multi-valued column; null is no value. */
    private void list(int column) {
      json.expect('[');
      row.begin(column);
      if (!json.take(']')) {
        do {
          switch (json.peek()) {
            case '"' -> {
              json.string();
              row.add(column, json.text());
            }
            case 't' -> {
              json.literal("true");
              row.add(column, true);
            }
            case 'f' -> {
              json.literal("false");
              row.add(column, false);
            }
            case 'n' -> json.literal("null");
            case '{', '[' ->
                throw Refusal.bad(
                    place(column)
                        + " has "
                        + json.kind()
                        + " in its list; send numbers, texts, true, false or null");
            default -> {
              json.number();
              if (json.isWhole()) {
                row.add(column, json.longValue());
              } else {
                row.add(column, json.doubleValue());
              }
            }
          }
        } while (json.more(']'));
      }
      row.end(column);
    }

    private Refusal notOneValue(int column) {
      return Refusal.bad(
          place(column)
              + " is "
              + json.kind()
              + "; send a number, a text, true, false or null"
              + (row.takesList(column) ? ", or a list of these" : ""));
    }

    private String place(int column) {
      return "instance " + instance + ": column '" + mapping.rawColumns().get(column).name() + "'";
    }

    private void predicted(byte[] buffer, int start, int end) {
      String score = Float.toString(model.predict(row.features()));
      if (instance > 0) {
        exchange.answer.add(',');
        exchange.answer.add(' ');
      }
      exchange.answer.ascii(score);
      rows.add(exchange, buffer, start, end, json.tookNonFinite(), at, score);
      instance++;
    }

    /** One column's list in a columnar request. */
    private final class Cells {
      int column;
      int nameFrom;
      int nameTo;
      int at;
      int count;

      String name() {
        return new String(
            json.buffer(), nameFrom + 1, nameTo - nameFrom - 2, StandardCharsets.UTF_8);
      }
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
