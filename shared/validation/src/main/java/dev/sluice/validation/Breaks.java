package dev.sluice.validation;

import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.statistics.DatasetStatistics;
import dev.sluice.statistics.FeatureStatistics;
import dev.sluice.validation.FirstRows.MissingStarts;
import dev.sluice.validation.FirstRows.Place;
import dev.sluice.validation.FirstRows.Starts;
import dev.sluice.validation.FirstRows.ValueStarts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the rows of a break have in common: one pass that counts, for each column of few values, how
 * the broken rows and the others are spread over them. Memory: two counts a value.
 */
final class Breaks implements RowLook {
  private static final int MOST_VALUES = 1000;
  private static final int MOST_COLUMNS = 20;

  /** A value explains a break where it has nearly all broken rows and few of the others. */
  private static final double COVERS = 0.9;

  private static final double FEW = 0.2;

  /** Breaks whose first rows are as near began together. */
  private static final int NEAR = 2;

  /**
   * Something that began, or where {@code place} is null, hits that are spread over the rows.
   *
   * @param search what was looked for
   */
  record Break(Starts search, @Nullable Place place) {}

  /**
   * A value that broken rows share.
   *
   * @param cover share of the broken rows that have it
   * @param others share of the other rows that have it
   * @param broken share of its rows that are broken
   */
  record Shared(String column, String value, double cover, double others, double broken) {
    String slice() {
      return column + "=" + value;
    }
  }

  private final List<Break> breaks;
  private final List<String> candidates;
  private final List<Map<String, Map<String, long[]>>> counts = new ArrayList<>();

  Breaks(List<Break> breaks, DatasetStatistics batch) {
    this.breaks = breaks;
    this.candidates =
        batch.features().stream()
            .filter(feature -> feature.type() != ValueType.FLOAT && !feature.repeated())
            .filter(feature -> feature.values().complete())
            .filter(feature -> feature.values().top().size() >= 2)
            .filter(feature -> feature.values().top().size() <= MOST_VALUES)
            .sorted(Comparator.comparingInt((FeatureStatistics f) -> f.values().top().size()))
            .limit(MOST_COLUMNS)
            .map(FeatureStatistics::name)
            .toList();
    breaks.forEach(one -> counts.add(new HashMap<>()));
  }

  @Override
  public Set<String> columns() {
    Set<String> columns = new LinkedHashSet<>(candidates);
    for (Break one : breaks) {
      columns.add(one.search().feature());
      if (!one.search().rows().column().isEmpty()) {
        columns.add(one.search().rows().column());
      }
    }
    return columns;
  }

  @Override
  public void look(Rows rows) {
    for (int i = 0; i < breaks.size(); i++) {
      look(breaks.get(i), counts.get(i), rows);
    }
  }

  private void look(Break one, Map<String, Map<String, long[]>> byColumn, Rows rows) {
    Starts search = one.search();
    Column column = rows.batch().column(search.feature());
    String filter = search.rows().column();
    Column group = filter.isEmpty() ? null : rows.batch().column(filter);
    if (column == null) {
      return;
    }
    boolean[] counted = new boolean[rows.count()];
    boolean[] broken = new boolean[rows.count()];
    for (int row = 0; row < counted.length; row++) {
      counted[row] = group == null || search.rows().values().contains(FirstRows.text(group, row));
      broken[row] = counted[row] && isHit(search, column, row) && isInside(one, rows, row);
    }
    for (String candidate : candidates) {
      Column values = rows.batch().column(candidate);
      if (values == null || candidate.equals(search.feature()) || candidate.equals(filter)) {
        continue;
      }
      Map<String, long[]> counts = byColumn.computeIfAbsent(candidate, name -> new HashMap<>());
      for (int row = 0; row < counted.length; row++) {
        if (counted[row]) {
          long[] count = counts.computeIfAbsent(FirstRows.text(values, row), value -> new long[2]);
          count[broken[row] ? 0 : 1]++;
        }
      }
    }
  }

  private static boolean isHit(Starts search, Column column, int row) {
    return switch (search) {
      case MissingStarts s -> FirstRows.isMissing(column, row);
      case ValueStarts s -> !column.isMissing(row) && FirstRows.text(column, row).equals(s.value());
    };
  }

  private static boolean isInside(Break one, Rows rows, int row) {
    Place place = one.place();
    Onset onset = place == null ? null : place.onset();
    return place == null
        || onset == null
        || (rows.source(row).equals(place.source())
            && rows.place(row) >= onset.first()
            && rows.place(row) <= onset.last());
  }

  /** As many as breaks; null where the broken rows share nothing. */
  List<@Nullable Shared> shared() {
    List<@Nullable Shared> all = new ArrayList<>();
    for (Map<String, Map<String, long[]>> byColumn : counts) {
      @Nullable Shared best = null;
      for (String column : candidates) {
        Shared shared = shared(column, byColumn.getOrDefault(column, Map.of()));
        if (shared != null
            && (best == null
                || shared.cover() - shared.others() > best.cover() - best.others() + 0.01)) {
          best = shared;
        }
      }
      all.add(best);
    }
    return all;
  }

  private static @Nullable Shared shared(String column, Map<String, long[]> counts) {
    long broken = counts.values().stream().mapToLong(count -> count[0]).sum();
    long others = counts.values().stream().mapToLong(count -> count[1]).sum();
    for (Map.Entry<String, long[]> entry : counts.entrySet()) {
      double cover = (double) entry.getValue()[0] / Math.max(1, broken);
      double rest = (double) entry.getValue()[1] / Math.max(1, others);
      if (cover >= COVERS && rest <= FEW && others > 0) {
        long rows = entry.getValue()[0] + entry.getValue()[1];
        return new Shared(column, entry.getKey(), cover, rest, (double) entry.getValue()[0] / rows);
      }
    }
    return null;
  }

  /** The features whose breaks began with that one and are as long, in the order of the breaks. */
  List<String> together(int one) {
    List<String> names = new ArrayList<>();
    Onset first = onset(one);
    Place place = breaks.get(one).place();
    if (first == null || place == null) {
      return names;
    }
    for (int i = 0; i < breaks.size(); i++) {
      Onset onset = onset(i);
      Place other = breaks.get(i).place();
      if (onset != null
          && other != null
          && other.source().equals(place.source())
          && Math.abs(onset.first() - first.first()) <= NEAR
          && Math.abs(onset.last() - first.last()) <= NEAR
          && !names.contains(breaks.get(i).search().feature())) {
        names.add(breaks.get(i).search().feature());
      }
    }
    return names;
  }

  private @Nullable Onset onset(int one) {
    Place place = breaks.get(one).place();
    return place == null ? null : place.onset();
  }
}
