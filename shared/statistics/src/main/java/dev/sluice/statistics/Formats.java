package dev.sluice.statistics;

import java.util.List;

/**
 * The formats of a feature's texts, see {@link FormatPattern}: {@code AB-1234} has the format
 * {@code AA-9999}.
 *
 * @param top the most frequent formats, most frequent first and then by format, at most {@link
 *     #MOST_KEPT}
 * @param error no frequency in {@code top} is further than this from the true one, and no format
 *     that occurs more often is left out (up to the limit); 0 where exact
 * @param coarse true where the texts have so many formats that these are coarser ones, without
 *     lengths, or none at all; they do not compare with finer ones
 */
public record Formats(List<FormatCount> top, long error, boolean coarse) {
  /** Formats that are kept. */
  public static final int MOST_KEPT = 50;

  public Formats {
    top = List.copyOf(top);
  }

  /** Fine ones. */
  public Formats(List<FormatCount> top, long error) {
    this(top, error, /* coarse= */ false);
  }

  /** Of no texts. */
  public static Formats none() {
    return new Formats(List.of(), 0);
  }
}
