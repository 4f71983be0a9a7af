package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteOrder;

/**
 * Tells numbers from text, and reads them from bytes.
 *
 * <p>Doubles are read exactly (round half to even): up to 19 digits by W. D. Clinger, "How to Read
 * Floating Point Numbers Accurately" (1990), where one multiplication or division is exact, else by
 * D. Lemire, "Number Parsing at a Gigabyte per Second" (2021), section 5; what neither settles goes
 * to {@link Double#parseDouble}.
 */
final class Numbers {
  /** No bytes at all. */
  static final int EMPTY = 1;

  /** Fits a long; no leading zeros and no plus sign, which would be lost. */
  static final int INT = 2;

  /** Decimal point, exponent, or one of the words for NaN and infinity. */
  static final int FLOAT = 4;

  /** An integer too large for a long: a float among floats, otherwise text. */
  static final int BIG = 8;

  /** Blank, or a word that stands for a missing number: missing among numbers, otherwise text. */
  static final int TOKEN = 16;

  /** Anything else. */
  static final int TEXT = 32;

  private static final double[] POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Numbers() {}

  /**
   * What the bytes look like, one of the constants or {@link Kinds#THOUSANDS}; spaces and tabs
   * around a number are passed.
   */
  static int kind(byte[] b, int from, int to) {
    if (from == to) {
      return EMPTY;
    }
    int i = from;
    int end = to;
    while (i < end && isBlank(b[i])) {
      i++;
    }
    while (end > i && isBlank(b[end - 1])) {
      end--;
    }
    if (i == end) {
      return TOKEN;
    }
    int first = i;
    if (b[i] == '-') {
      i++;
    }
    int digits = i;
    while (i < end && isDigit(b[i])) {
      i++;
    }
    int whole = i - digits;
    if (i == end) {
      if (whole == 0 || (whole > 1 && b[digits] == '0')) {
        return TEXT;
      }
      return whole < 19 || (whole == 19 && fitsLong(b, first, end)) ? INT : BIG;
    }
    if (whole > 1 && b[digits] == '0') {
      return TEXT;
    }
    if (b[i] == ',' && whole > 0 && whole <= 3 && b[digits] != '0') {
      return isGrouped(b, i, end) ? Kinds.THOUSANDS : TEXT;
    }
    int fraction = 0;
    if (b[i] == '.') {
      int point = ++i;
      while (i < end && isDigit(b[i])) {
        i++;
      }
      fraction = i - point;
    }
    if (whole + fraction == 0) {
      return word(b, first, end);
    }
    if (i < end && (b[i] | 0x20) == 'e') {
      i++;
      if (i < end && (b[i] == '-' || b[i] == '+')) {
        i++;
      }
      int exponent = i;
      while (i < end && isDigit(b[i])) {
        i++;
      }
      if (i == exponent) {
        return TEXT;
      }
      if (i == end && i - exponent > 2 && Double.isInfinite(slow(b, first, end))) {
        return TEXT;
      }
    }
    if (i != end || (whole > 300 && Double.isInfinite(slow(b, first, end)))) {
      return TEXT;
    }
    return FLOAT;
  }

  /** True for commas with three digits after each, and at most decimals after the last. */
  private static boolean isGrouped(byte[] b, int from, int to) {
    int i = from;
    while (i < to && b[i] == ',') {
      if (to - i < 4 || !isDigit(b[i + 1]) || !isDigit(b[i + 2]) || !isDigit(b[i + 3])) {
        return false;
      }
      i += 4;
    }
    if (i < to && b[i] == '.') {
      int point = ++i;
      while (i < to && isDigit(b[i])) {
        i++;
      }
      return i == to && i > point;
    }
    return i == to;
  }

  private static int word(byte[] b, int from, int to) {
    int length = to - from;
    if (length > 9) {
      return TEXT;
    }
    return switch (new String(b, from, length, UTF_8)) {
      case "NaN", "inf", "-inf", "Inf", "-Inf", "Infinity", "-Infinity" -> FLOAT;
      case "NA", "N/A", "null", "NULL", "None", "nan" -> TOKEN;
      default -> TEXT;
    };
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isBlank(byte c) {
    return c == ' ' || c == '\t';
  }

  private static boolean fitsLong(byte[] b, int from, int to) {
    return new BigInteger(new String(b, from, to - from, UTF_8)).bitLength() < 64;
  }

  /** What {@link #plainLong} answers where the bytes are more than plain digits. */
  static final long NOT_PLAIN = Long.MIN_VALUE;

  /**
   * The value of at most 18 digits with nothing around them but a minus sign, whose kind is {@link
   * #INT}, in one look; else {@link #NOT_PLAIN}.
   */
  static long plainLong(byte[] b, int from, int to) {
    boolean negative = b[from] == '-';
    int i = negative ? from + 1 : from;
    if (to - i > 18 || i == to || (b[i] == '0' && to - i > 1)) {
      return NOT_PLAIN;
    }
    long value = 0;
    for (; i < to; i++) {
      int digit = b[i] - '0';
      if (digit < 0 || digit > 9) {
        return NOT_PLAIN;
      }
      value = value * 10 + digit;
    }
    return negative ? -value : value;
  }

  /** The value of bytes whose kind is {@link #INT}. */
  static long parseLong(byte[] b, int from, int to) {
    int i = from;
    while (isBlank(b[i])) {
      i++;
    }
    boolean negative = b[i] == '-';
    if (negative) {
      i++;
    }
    long value = 0;
    for (; i < to && isDigit(b[i]); i++) {
      value = value * 10 + (b[i] - '0');
    }
    return negative ? -value : value;
  }

  /** The value of bytes whose kind is {@link #INT}, {@link #FLOAT} or {@link #BIG}. */
  static double parseDouble(byte[] b, int from, int to) {
    int i = from;
    boolean negative = b[i] == '-';
    if (negative) {
      i++;
    }
    int start = i;
    long mantissa = 0;
    while (i < to && isDigit(b[i])) {
      mantissa = mantissa * 10 + (b[i++] - '0');
    }
    int digits = i - start;
    int exponent = 0;
    if (i < to && b[i] == '.') {
      int point = ++i;
      if (to - i >= 8) {
        long word = (long) LONG.get(b, i);
        if (areDigits(word)) {
          mantissa = mantissa * 100_000_000 + ofDigits(word);
          i += 8;
        }
      }
      while (i < to && isDigit(b[i])) {
        mantissa = mantissa * 10 + (b[i++] - '0');
      }
      exponent = point - i;
      digits -= exponent;
    }
    if (digits == 0 || digits > 19) {
      return slow(b, from, to);
    }
    if (i < to && (b[i] | 0x20) == 'e') {
      i++;
      boolean down = i < to && b[i] == '-';
      if (i < to && (down || b[i] == '+')) {
        i++;
      }
      int power = 0;
      while (i < to && isDigit(b[i]) && power < 10_000) {
        power = power * 10 + (b[i++] - '0');
      }
      exponent += down ? -power : power;
    }
    if (i != to) {
      return slow(b, from, to);
    }
    double value;
    if (mantissa >>> 53 == 0 && exponent >= -22 && exponent <= 22) {
      value = exponent < 0 ? mantissa / POWERS[-exponent] : mantissa * POWERS[exponent];
    } else if (mantissa == 0) {
      value = 0;
    } else {
      value = Powers.multiply(mantissa, exponent);
      if (Double.isNaN(value)) {
        return slow(b, from, to);
      }
    }
    return negative ? -value : value;
  }

  /** True where each of eight bytes is a digit: 3 above, and still so with 6 added below. */
  private static boolean areDigits(long word) {
    long above = 0xf0f0f0f0f0f0f0f0L;
    return ((word & above) | (((word + 0x0606060606060606L) & above) >>> 4)) == 0x3333333333333333L;
  }

  /** The number of eight digits, the first in the lowest byte: by pairs, fours, then all. */
  private static long ofDigits(long word) {
    long pairs = (word & 0x0f0f0f0f0f0f0f0fL) * 10 + ((word >>> 8) & 0x000f000f000f000fL);
    pairs &= 0x00ff00ff00ff00ffL;
    long fours = (pairs * 100 + (pairs >>> 16)) & 0x0000ffff0000ffffL;
    return (fours & 0xffff) * 10_000 + (fours >>> 32);
  }

  private static double slow(byte[] b, int from, int to) {
    String text = new String(b, from, to - from, UTF_8).strip();
    return switch (text) {
      case "inf", "Inf" -> Double.POSITIVE_INFINITY;
      case "-inf", "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  /** 5^q to 128 bits for each q that a double can need; made on first use, in about 2 ms. */
  private static final class Powers {
    private static final int MIN = -342;
    private static final int MAX = 308;
    private static final long[] TABLE = table();

    private static long[] table() {
      long[] table = new long[2 * (MAX - MIN + 1)];
      for (int q = MIN; q <= MAX; q++) {
        BigInteger power = BigInteger.valueOf(5).pow(Math.abs(q));
        BigInteger c;
        if (q >= 0) {
          int shift = power.bitLength() - 128;
          c = shift > 0 ? power.shiftRight(shift) : power.shiftLeft(-shift);
        } else {
          int z = power.subtract(BigInteger.ONE).bitLength();
          int bits = q >= -27 ? z + 127 : 2 * z + 128;
          c = BigInteger.ONE.shiftLeft(bits).divide(power).add(BigInteger.ONE);
          c = c.shiftRight(Math.max(0, c.bitLength() - 128));
        }
        table[2 * (q - MIN)] = c.shiftRight(64).longValue();
        table[2 * (q - MIN) + 1] = c.longValue();
      }
      return table;
    }

    /** w times 10^q, w unsigned and not 0; NaN where the rounding is not certain. */
    static double multiply(long w, int q) {
      if (q < MIN || q > MAX) {
        return Double.NaN;
      }
      int zeros = Long.numberOfLeadingZeros(w);
      long normal = w << zeros;
      int at = 2 * (q - MIN);
      long high = Math.unsignedMultiplyHigh(normal, TABLE[at]);
      long low = normal * TABLE[at];
      if ((high & 0x1ff) == 0x1ff) {
        long carry = Math.unsignedMultiplyHigh(normal, TABLE[at + 1]);
        low += carry;
        if (Long.compareUnsigned(carry, low) > 0) {
          high++;
        }
      }
      if (low == -1 && (q < -27 || q > 55)) {
        return Double.NaN;
      }
      int upper = (int) (high >>> 63);
      long mantissa = high >>> (upper + 9);
      int power = ((217_706 * q) >> 16) + 63 + upper - zeros + 1023;
      if (power <= 0) {
        return Double.NaN;
      }
      // Half way between two doubles: to the even one.
      if (Long.compareUnsigned(low, 1) <= 0
          && q >= -4
          && q <= 23
          && (mantissa & 3) == 1
          && mantissa << (upper + 9) == high) {
        mantissa &= ~1L;
      }
      mantissa = (mantissa + (mantissa & 1)) >>> 1;
      if (mantissa >= 1L << 53) {
        mantissa = 1L << 52;
        power++;
      }
      if (power >= 0x7ff) {
        return Double.NaN;
      }
      return Double.longBitsToDouble((mantissa & ~(1L << 52)) | ((long) power << 52));
    }
  }
}
