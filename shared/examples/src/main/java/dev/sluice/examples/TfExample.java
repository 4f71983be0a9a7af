package dev.sluice.examples;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tensorflow.example.Example;
import org.tensorflow.example.Feature;
import org.tensorflow.example.Features;

/**
 * Reads one serialized {@code tf.Example} after the other (tensorflow/core/example/example.proto)
 * without an object a feature: names are coded, values are words in one array.
 *
 * <p>The form that every writer gives is read in one pass. What protobuf allows beyond it, such as
 * a message in several parts, a feature that comes twice or fields of later versions, goes the slow
 * way through the generated classes, so that both agree on every record; so does what is broken, to
 * have their verdict.
 */
final class TfExample {
  /** Values that one record may have. */
  static final int MAX_VALUES = 1 << 22;

  /** Bytes of a record that may go the slow way, which takes some 20 times its size. */
  private static final int SLOW_BYTES = 1 << 22;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int NONE = 0;
  private static final int BYTES = 1;
  private static final int FLOATS = 2;
  private static final int INTS = 3;

  private static final int FEATURE_LISTS = 2;

  private final ColumnNames names = new ColumnNames();
  private byte[] record = {};
  private int features;
  private int[] codes = new int[64];
  private byte[] kinds = new byte[64];

  /** Where each feature's values end; they begin where those of the one before end. */
  private int[] ends = new int[64];

  /** A long, the bits of a double, or start and end of bytes. */
  private long[] values = new long[64];

  private int count;

  /** Where the next byte is read. */
  private int at;

  private @Nullable String fault;

  /**
   * Reads a record, whose bytes must stay until the next one.
   *
   * @return what is wrong with it as a sentence, or null
   */
  @Nullable String parse(byte[] b, int from, int to) {
    record = b;
    if (!fast(b, from, to) && fault == null) {
      slow(b, from, to);
    }
    return fault;
  }

  private boolean fast(byte[] b, int from, int to) {
    names.nextRecord();
    features = 0;
    count = 0;
    fault = null;
    if (from == to) {
      return true;
    }
    if (b[from] != 0x0a) {
      return false;
    }
    at = from + 1;
    if (length(b, to) != to) {
      return false;
    }
    while (at < to) {
      if (b[at++] != 0x0a) {
        return false;
      }
      int end = length(b, to);
      if (end < 0 || !feature(b, end)) {
        return false;
      }
    }
    return true;
  }

  /** An entry of the map: a name, then a value. */
  private boolean feature(byte[] b, int end) {
    if (at == end || b[at++] != 0x0a) {
      return false;
    }
    int nameEnd = length(b, end);
    if (nameEnd < 0 || Utf8.firstInvalid(b, at, nameEnd) >= 0) {
      return false;
    }
    if (features == codes.length && !growFeatures()) {
      return false;
    }
    int code = names.code(b, at, nameEnd);
    if (code < 0) {
      fault = ColumnNames.tooLong(b, at);
      return false;
    }
    fault = names.fault(code);
    if (fault != null || !names.first(code)) {
      return false;
    }
    at = nameEnd;
    int kind = NONE;
    if (at < end) {
      if (b[at++] != 0x12 || length(b, end) != end) {
        return false;
      }
      if (at < end) {
        kind = kind(b[at++]);
        if (kind == NONE || length(b, end) != end) {
          return false;
        }
        boolean good =
            switch (kind) {
              case BYTES -> bytes(b, end);
              case FLOATS -> floats(b, end);
              default -> ints(b, end);
            };
        if (!good) {
          return false;
        }
      }
    }
    codes[features] = code;
    kinds[features] = (byte) kind;
    ends[features++] = count;
    return true;
  }

  private static int kind(byte tag) {
    return switch (tag) {
      case 0x0a -> BYTES;
      case 0x12 -> FLOATS;
      case 0x1a -> INTS;
      default -> NONE;
    };
  }

  private boolean bytes(byte[] b, int end) {
    while (at < end) {
      if (b[at++] != 0x0a) {
        return false;
      }
      int to = length(b, end);
      if (to < 0) {
        return false;
      }
      // An empty text is missing in every format.
      if (to > at) {
        if (count == values.length && !growValues()) {
          return false;
        }
        values[count++] = (long) at << 32 | to;
      }
      at = to;
    }
    return true;
  }

  private boolean floats(byte[] b, int end) {
    while (at < end) {
      byte tag = b[at++];
      int to = tag == 0x0d ? at + 4 : tag == 0x0a ? length(b, end) : -1;
      if (to < 0 || to > end || (to - at & 3) != 0) {
        return false;
      }
      for (; at < to; at += 4) {
        if (count == values.length && !growValues()) {
          return false;
        }
        values[count++] = Double.doubleToRawLongBits(Float.intBitsToFloat((int) INT.get(b, at)));
      }
    }
    return true;
  }

  private boolean ints(byte[] b, int end) {
    while (at < end) {
      byte tag = b[at++];
      if (tag == 0x08) {
        if (!varint(b, end)) {
          return false;
        }
      } else if (tag == 0x0a) {
        int to = length(b, end);
        if (to < 0) {
          return false;
        }
        while (at < to) {
          if (!varint(b, to)) {
            return false;
          }
        }
      } else {
        return false;
      }
    }
    return true;
  }

  private boolean varint(byte[] b, int end) {
    if (count == values.length && !growValues()) {
      return false;
    }
    long value = 0;
    for (int shift = 0; shift < 64 && at < end; shift += 7) {
      byte part = b[at++];
      value |= (long) (part & 0x7f) << shift;
      if (part >= 0) {
        values[count++] = value;
        return true;
      }
    }
    return false;
  }

  /** Reads a length; answers where what it measures ends, -1 where that is beyond the end. */
  private int length(byte[] b, int end) {
    int value = 0;
    for (int shift = 0; shift < 28 && at < end; shift += 7) {
      byte part = b[at++];
      value |= (part & 0x7f) << shift;
      if (part >= 0) {
        return value <= end - at ? at + value : -1;
      }
    }
    return -1;
  }

  private boolean growFeatures() {
    if (features > Kinds.MAX_COLUMNS) {
      fault =
          "the record has more than "
              + Kinds.MAX_COLUMNS
              + " features; are their names values? Put them into a feature of their own";
      return false;
    }
    codes = Arrays.copyOf(codes, features * 2);
    kinds = Arrays.copyOf(kinds, features * 2);
    ends = Arrays.copyOf(ends, features * 2);
    return true;
  }

  private boolean growValues() {
    if (count >= MAX_VALUES) {
      fault = "the record has more than " + MAX_VALUES + " values; write several smaller records";
      return false;
    }
    values = Arrays.copyOf(values, count * 2);
    return true;
  }

  private void slow(byte[] b, int from, int to) {
    if (to - from > SLOW_BYTES) {
      fault =
          "the record's "
              + (to - from)
              + " bytes are not the plain form of a tf.Example; write it with TensorFlow's own"
              + " classes";
      return;
    }
    Example example;
    try {
      example = Example.parser().parseFrom(b, from, to - from);
    } catch (InvalidProtocolBufferException e) {
      fault = "the record is no tf.Example (" + e.getMessage() + "); write it again";
      return;
    }
    if (example.getUnknownFields().hasField(FEATURE_LISTS)) {
      fault =
          "the record is a tf.SequenceExample, whose feature lists are no columns; write it as a"
              + " tf.Example";
      return;
    }
    record = canonical(example).toByteArray();
    if (!fast(record, 0, record.length) && fault == null) {
      fault = "the record is no tf.Example; write it again";
    }
  }

  /** The same features in the plain form. */
  private static Example canonical(Example example) {
    UnknownFieldSet none = UnknownFieldSet.getDefaultInstance();
    Map<String, Feature> features = new TreeMap<>(example.getFeatures().getFeatureMap());
    features.replaceAll((name, feature) ->
        switch (feature.getKindCase()) {
          case BYTES_LIST ->
              Feature.newBuilder()
                  .setBytesList(feature.getBytesList().toBuilder().setUnknownFields(none))
                  .build();
          case FLOAT_LIST ->
              Feature.newBuilder()
                  .setFloatList(feature.getFloatList().toBuilder().setUnknownFields(none))
                  .build();
          case INT64_LIST ->
              Feature.newBuilder()
                  .setInt64List(feature.getInt64List().toBuilder().setUnknownFields(none))
                  .build();
          case KIND_NOT_SET -> Feature.getDefaultInstance();
        });
    return Example.newBuilder().setFeatures(Features.newBuilder().putAllFeature(features)).build();
  }

  /** Adds what the values look like. */
  void look(Kinds seen) {
    int v = 0;
    for (int f = 0; f < features; f++) {
      int place = names.place(codes[f], seen);
      int kind = ends[f] - v > 1 ? Kinds.LIST : 0;
      switch (kinds[f]) {
        case INTS -> kind |= ends[f] > v ? Numbers.INT : 0;
        case FLOATS -> kind |= ends[f] > v ? Numbers.FLOAT : 0;
        case BYTES -> {
          for (int i = v; i < ends[f]; i++) {
            boolean text = Utf8.firstInvalid(record, (int) (values[i] >>> 32), (int) values[i]) < 0;
            kind |= text ? Numbers.TEXT : Kinds.BINARY;
          }
        }
        default -> {}
      }
      seen.see(place, kind);
      v = ends[f];
    }
  }

  /** Fixes the columns that {@link #append} puts values into. */
  void bind(List<Field> fields) {
    names.bind(fields);
  }

  /** Puts the values into the row. */
  void append(BatchBuilder builder) throws Misfit {
    int v = 0;
    for (int f = 0; f < features; f++) {
      int column = names.column(codes[f]);
      int end = ends[f];
      switch (kinds[f]) {
        case INTS -> {
          for (; v < end; v++) {
            builder.integer(column, values[v]);
          }
        }
        case FLOATS -> {
          for (; v < end; v++) {
            builder.number(column, Double.longBitsToDouble(values[v]));
          }
        }
        case BYTES -> {
          for (; v < end; v++) {
            builder.binary(column, record, (int) (values[v] >>> 32), (int) values[v]);
          }
        }
        default -> {}
      }
    }
  }
}
