package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.Bug;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages that each carry an example, kept in rows of an Avro stream with the columns {@code
 * format} ({@code json} or {@code example}) and {@code payload} (JSON text, or a serialized
 * tf.Example in base64).
 */
final class MessageStream extends RecordFile {
  private static final String EXAMPLE = "example";
  private static final List<String> COLUMNS = List.of("format", "payload");

  private final AvroStream rows;

  MessageStream(AvroStream rows) {
    this.rows = rows;
    Kinds kinds = new Kinds();
    rows.declare(kinds);
    if (!kinds.names().equals(COLUMNS)) {
      throw new Bug(rows.name() + " gives the columns " + kinds.names() + ", not " + COLUMNS);
    }
  }

  @Override
  public String name() {
    return rows.name();
  }

  @Override
  public long bytes() {
    return rows.bytes();
  }

  @Override
  public String format() {
    return "messages";
  }

  @Override
  String indivisible() {
    return rows.indivisible();
  }

  @Override
  boolean declare(Kinds kinds) {
    return false;
  }

  @Override
  boolean openColumns() {
    return true;
  }

  @Override
  RecordReader read(Stretch stretch) throws IOException {
    return new Reader(rows.read(stretch));
  }

  private static final class Reader extends RecordReader {
    private static final List<Field> FIELDS =
        COLUMNS.stream().map(name -> new Field(name, ValueType.STRING)).toList();

    private final RecordReader rows;
    private static final int AT_ONCE = 1 << 10;

    private final BatchBuilder builder = new BatchBuilder(FIELDS);
    private final long[] offsets = new long[AT_ONCE + 1];

    /** Messages ahead, of which the current one is at {@code at}; a damaged row may follow them. */
    private @Nullable ExampleBatch ahead;

    private int at;
    private int held;
    private @Nullable Problem damage;
    private final JsonRow json = new JsonRow();
    private final TfExample example = new TfExample();
    private boolean isExample;
    private @Nullable Problem problem;

    Reader(RecordReader rows) {
      this.rows = rows;
      Kinds texts = new Kinds();
      COLUMNS.forEach(name -> texts.see(texts.place(name), Numbers.TEXT));
      rows.bind(FIELDS, texts);
    }

    @Override
    boolean next() throws IOException {
      at++;
      if (ahead == null || at >= held + (damage == null ? 0 : 1)) {
        fill();
        at = 0;
        if (held == 0 && damage == null) {
          return false;
        }
      }
      problem = at < held ? read() : damage;
      return true;
    }

    private void fill() throws IOException {
      held = 0;
      damage = null;
      while (held < AT_ONCE && damage == null && rows.next()) {
        offsets[held] = rows.offset();
        damage = rows.problem();
        if (damage == null) {
          try {
            rows.append(builder);
          } catch (Misfit e) {
            throw new Bug("column " + e.column() + " of a message is no text", e);
          }
          held++;
          if (builder.endRow()) {
            break;
          }
        }
      }
      ahead = builder.take();
    }

    private @Nullable Problem read() {
      String payload = text("payload");
      isExample = EXAMPLE.equals(text("format"));
      if (!isExample) {
        byte[] b = payload.getBytes(UTF_8);
        String fault = json.parse(b, 0, b.length);
        return fault == null ? null : new Problem(json.faultColumn(), payload, fault);
      }
      byte[] b;
      try {
        b = Base64.getDecoder().decode(payload);
      } catch (IllegalArgumentException e) {
        return new Problem(null, payload, "the message is no base64 of a tf.Example");
      }
      String fault = example.parse(b, 0, b.length);
      return fault == null ? null : new Problem(null, payload, fault);
    }

    private String text(String name) {
      return ahead != null
              && ahead.column(name) instanceof StringColumn texts
              && !texts.isMissing(at)
          ? texts.value(at)
          : "";
    }

    @Override
    @Nullable Problem problem() {
      return problem;
    }

    @Override
    long offset() {
      return offsets[at];
    }

    @Override
    long line() {
      return 0;
    }

    @Override
    void look(Kinds kinds) {
      if (isExample) {
        example.look(kinds);
      } else {
        json.look(kinds);
      }
    }

    @Override
    void bind(List<Field> fields, Kinds kinds) {
      json.bind(fields);
      example.bind(fields);
    }

    @Override
    void append(BatchBuilder to) throws Misfit {
      if (isExample) {
        example.append(to);
      } else {
        json.append(to);
      }
    }

    @Override
    long first() {
      return rows.first();
    }

    @Override
    long end() {
      return rows.end();
    }

    @Override
    long lines() {
      return 0;
    }

    @Override
    public void close() throws IOException {
      rows.close();
    }
  }
}
