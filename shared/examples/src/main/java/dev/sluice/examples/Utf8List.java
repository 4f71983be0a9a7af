package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.AbstractList;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/** Texts held as UTF-8, one behind the other; a {@code String} is made where one is asked for. */
final class Utf8List extends AbstractList<String> implements RandomAccess {
  private final byte[] bytes;
  private final int[] ends;
  private final @Nullable String[] made;

  /**
   * @param ends the end of each text, whose start is the end before; not copied
   */
  Utf8List(byte[] bytes, int[] ends) {
    this.bytes = bytes;
    this.ends = ends;
    this.made = new String[ends.length];
  }

  @Override
  public String get(int index) {
    String text = made[index];
    if (text == null) {
      int from = start(index);
      text = new String(bytes, from, ends[index] - from, UTF_8);
      made[index] = text;
    }
    return text;
  }

  /** What {@link #start} and {@link #end} point into. */
  byte[] bytes() {
    return bytes;
  }

  int start(int index) {
    return index == 0 ? 0 : ends[index - 1];
  }

  int end(int index) {
    return ends[index];
  }

  @Override
  public int size() {
    return ends.length;
  }
}
