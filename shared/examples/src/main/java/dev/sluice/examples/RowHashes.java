package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * A 64-bit hash of what each row of a batch says, either as {@link Splits.ByHash} tells it or to
 * the last bit: the sum over the columns of a mixed hash of name and value, as A. Zobrist's "A New
 * Hashing Method with Application for Game Playing" (1970) adds up independent parts, so that the
 * order of columns does not matter and each column is one pass over an array. Texts by XXH64;
 * mixing by the finalizer of MurmurHash3 (A. Appleby, 2011).
 */
public final class RowHashes {
  private static final long WHOLE = 0x9e3779b97f4a7c15L;
  private static final long FRACTION = 0xd1b54a32d192ed03L;
  private static final long NEXT = 0x2545f4914f6cdd1dL;

  private RowHashes() {}

  /**
   * One hash a row, equal where rows of one table have the same value or none in every column, the
   * provenance columns left out. Of n different rows, two share a hash with a probability of about
   * n * n / 2^65.
   */
  public static long[] ofRows(ExampleBatch batch) {
    long[] hashes = new long[batch.rows()];
    addAll(batch, /* exact= */ true, hashes);
    for (int r = 0; r < hashes.length; r++) {
      hashes[r] = mix(hashes[r]);
    }
    return hashes;
  }

  /**
   * @param key the column that alone decides, as far as a row has a value there, or null
   */
  static long[] of(ExampleBatch batch, @Nullable String key) {
    long[] hashes = new long[batch.rows()];
    Column only = key == null ? null : batch.column(key);
    if (only == null || only.missing() > 0) {
      addAll(batch, /* exact= */ false, hashes);
    }
    if (only != null) {
      long[] own = new long[hashes.length];
      add(only, 1, /* exact= */ false, own);
      for (int r = 0; r < own.length; r++) {
        hashes[r] = only.isMissing(r) || own[r] == 0 ? hashes[r] : own[r];
      }
    }
    for (int r = 0; r < hashes.length; r++) {
      hashes[r] = mix(hashes[r]);
    }
    return hashes;
  }

  private static void addAll(ExampleBatch batch, boolean exact, long[] to) {
    for (int c = 0; c < batch.fields().size(); c++) {
      Field field = batch.fields().get(c);
      if (!field.isProvenance()) {
        byte[] name = field.name().getBytes(UTF_8);
        add(batch.columns().get(c), XxHash64.hash(name, 0, name.length) | 1, exact, to);
      }
    }
  }

  /**
   * Adds the hash of each row's value, and nothing where it is missing.
   *
   * @param exact false where numbers count as far as 32 bits tell them, in texts too
   */
  private static void add(Column column, long seed, boolean exact, long[] to) {
    boolean all = column.missing() == 0;
    switch (column) {
      case IntColumn ints -> {
        long[] values = ints.values();
        for (int r = 0; r < to.length; r++) {
          if (all || !column.isMissing(r)) {
            to[r] += mix(whole(values[r]) * seed);
          }
        }
      }
      case FloatColumn floats -> {
        double[] values = floats.values();
        for (int r = 0; r < to.length; r++) {
          if (all || !column.isMissing(r)) {
            to[r] += mix((exact ? bits(values[r]) : number(values[r])) * seed);
          }
        }
      }
      case StringColumn texts -> {
        long[] ofCode = texts(texts, exact);
        int[] codes = texts.codes();
        for (int r = 0; r < to.length; r++) {
          if ((all || !column.isMissing(r)) && ofCode[codes[r]] != 0) {
            to[r] += mix(ofCode[codes[r]] * seed);
          }
        }
      }
      case ListColumn lists -> {
        long[] values = new long[lists.values().rows()];
        add(lists.values(), 1, exact, values);
        int[] offsets = lists.offsets();
        for (int r = 0; r < to.length; r++) {
          long hash = 0;
          for (int v = offsets[r]; v < offsets[r + 1]; v++) {
            hash = hash * NEXT + values[v];
          }
          if (hash != 0) {
            to[r] += mix(hash * seed);
          }
        }
      }
    }
  }

  /** Of each distinct text; unless exact, 0 for those that would be missing among numbers. */
  private static long[] texts(StringColumn column, boolean exact) {
    long[] hashes = new long[column.dictionary().size()];
    for (int code = 0; code < hashes.length; code++) {
      byte[] b;
      int from = 0;
      int to;
      if (column.dictionary() instanceof Utf8List texts) {
        b = texts.bytes();
        from = texts.start(code);
        to = texts.end(code);
      } else {
        b = column.dictionary().get(code).getBytes(UTF_8);
        to = b.length;
      }
      int kind = exact ? Numbers.TEXT : Numbers.kind(b, from, to);
      hashes[code] =
          switch (kind) {
            case Numbers.EMPTY, Numbers.TOKEN -> 0;
            case Numbers.INT -> whole(Numbers.parseLong(b, from, to));
            case Numbers.FLOAT, Numbers.BIG -> number(Numbers.parseDouble(b, from, to));
            default -> {
              long hash = XxHash64.hash(b, from, to);
              yield hash == 0 ? 1 : hash;
            }
          };
    }
    return hashes;
  }

  private static long whole(long value) {
    return mix(value + WHOLE);
  }

  private static long number(double value) {
    long whole = (long) value;
    if (whole == value && whole != Long.MAX_VALUE) {
      return whole(whole);
    }
    return mix(Float.floatToIntBits((float) value) + FRACTION);
  }

  private static long bits(double value) {
    return mix(Double.doubleToLongBits(value + 0.0) + FRACTION);
  }

  private static long mix(long h) {
    long x = h;
    x = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
    x = (x ^ (x >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return x ^ (x >>> 33);
  }
}
