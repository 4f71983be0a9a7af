package dev.sluice.statistics;

import dev.sluice.examples.ListColumn;

/** The places of a batch in the order of their groups: its rows, or the values in its lists. */
interface Places {
  /** Groups. */
  int size();

  /** Places, group by group. */
  int[] order();

  /** Where in {@link #order} the group ends; it starts where the one before it ends. */
  int end(int group);

  /** The values of a batch's lists, by the groups of their rows. */
  static Places ofValues(Places rows, ListColumn lists) {
    int[] order = new int[lists.values().rows()];
    int[] ends = new int[rows.size()];
    int size = 0;
    int from = 0;
    for (int g = 0; g < ends.length; g++) {
      for (int i = from; i < rows.end(g); i++) {
        int row = rows.order()[i];
        for (int v = lists.offsets()[row]; v < lists.offsets()[row + 1]; v++) {
          order[size++] = v;
        }
      }
      from = rows.end(g);
      ends[g] = size;
    }
    return new Places() {
      @Override
      public int size() {
        return ends.length;
      }

      @Override
      public int[] order() {
        return order;
      }

      @Override
      public int end(int group) {
        return ends[group];
      }
    };
  }
}
