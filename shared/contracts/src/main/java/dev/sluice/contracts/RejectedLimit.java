package dev.sluice.contracts;

/**
 * The key {@code max_rejected} of a spec: how many rows of a batch may be rejected before it is
 * held.
 *
 * @param value below 1 a share of the rows read, else a whole number of rows
 */
public record RejectedLimit(double value) {
  /** A tenth of the rows. */
  public static final RejectedLimit DEFAULT = new RejectedLimit(0.1);

  public RejectedLimit {
    if (!(value >= 0) || (value >= 1 && value != Math.rint(value))) {
      throw new BadInput(
          "'max_rejected' is " + value + "; give a share below 1, or a whole number of rows");
    }
  }

  /**
   * True where that many rejected rows are too many.
   *
   * @param rows rows read, accepted and rejected
   */
  public boolean passedBy(long rejected, long rows) {
    return rejected > (value < 1 ? value * rows : value);
  }

  /** For people: {@code 10 % of the rows}, or {@code 25 rows}. */
  public String describe() {
    return value < 1
        ? Double.toString(Math.round(value * 1e6) / 1e4).replaceFirst("\\.0$", "")
            + " % of the rows"
        : (long) value + (value == 1 ? " row" : " rows");
  }
}
