package dev.sluice.localcloud.demo;

import dev.sluice.contracts.BadInput;
import java.util.List;

/** A way in which a day's file goes wrong. All that a fault does not name stays as it was. */
public sealed interface Fault {

  /** Prices of one currency come as they are: {@code price_usd} is {@code price}. */
  record NotConverted(String currency) implements Fault {
    public NotConverted {
      if (Market.ALL.stream().noneMatch(market -> market.currency().equals(currency))) {
        throw new BadInput(
            "currency '"
                + currency
                + "' is none of the marketplace's; it has "
                + Market.ALL.stream().map(Market::currency).distinct().toList());
      }
    }
  }

  /**
   * A column is empty from some row to the end.
   *
   * @param column one of {@link Marketplace#COLUMNS}
   * @param intact share of the rows before it happens, 0 to 1
   */
  record LostFrom(String column, double intact) implements Fault {
    public LostFrom {
      if (!Marketplace.COLUMNS.contains(column)) {
        throw new BadInput(
            "column '" + column + "' is none of the marketplace's; it has " + Marketplace.COLUMNS);
      }
      if (!(intact >= 0 && intact <= 1)) {
        throw new BadInput("the intact share is " + intact + "; it must lie in [0, 1]");
      }
    }

    /** The first row without a value, 1-based. */
    public int firstRow(int rows) {
      return (int) Math.floor(intact * rows) + 1;
    }
  }

  /** The yen are taken for dollars. */
  static Fault yenNotConverted() {
    return new NotConverted("JPY");
  }

  /** An item parser that gives null for the brand from the middle of the file on. */
  static Fault brandLostFromTheMiddle() {
    return new LostFrom("brand", 0.5);
  }

  /** Both of the above. */
  static List<Fault> classics() {
    return List.of(yenNotConverted(), brandLostFromTheMiddle());
  }
}
