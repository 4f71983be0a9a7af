package dev.sluice.benchmarks.faults;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How a tool did on cases of one sort.
 *
 * @param cases judged
 * @param alarmed cases with any alarm
 * @param found cases with an alarm at a right feature
 * @param held cases of those with an alarm at a right feature that holds the batch
 * @param slices cases that had a group
 * @param rightSlices of these, those where an alarm at a right feature names it
 * @param records cases that had a first row
 * @param rightRecords of these, those where an alarm at a right feature names it exactly
 * @param alarms features named, over all cases, those that the fault carried along left out
 * @param trueAlarms of these, right ones
 */
record Tally(
    int cases,
    int alarmed,
    int found,
    int held,
    int slices,
    int rightSlices,
    int records,
    int rightRecords,
    int alarms,
    int trueAlarms) {
  static final Tally NONE = new Tally(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Of one case. */
  static Tally of(Scene scene, List<Found> alarms) {
    Truth truth = scene.truth();
    List<Found> right =
        alarms.stream().filter(alarm -> truth.features().contains(alarm.feature())).toList();
    Set<String> named =
        alarms.stream()
            .map(Found::feature)
            .filter(feature -> !truth.carried().contains(feature))
            .collect(Collectors.toSet());
    Set<String> rightNamed = right.stream().map(Found::feature).collect(Collectors.toSet());
    boolean slice = false;
    if (truth.group() != null) {
      Slices slices = new Slices(scene.after().getLast().table());
      slice = right.stream().anyMatch(alarm -> slices.means(alarm.slice(), truth.group()));
    }
    boolean record =
        right.stream()
            .map(Found::firstRow)
            .filter(Objects::nonNull)
            .anyMatch(truth.firstRows()::contains);
    return new Tally(
        1,
        one(!alarms.isEmpty()),
        one(!right.isEmpty()),
        one(truth.features().isEmpty() ? held(alarms) : held(right)),
        one(truth.group() != null),
        one(slice),
        one(!truth.firstRows().isEmpty()),
        one(record),
        named.size(),
        rightNamed.size());
  }

  private static boolean held(List<Found> alarms) {
    return alarms.stream().anyMatch(Found::held);
  }

  private static int one(boolean so) {
    return so ? 1 : 0;
  }

  Tally plus(Tally other) {
    return new Tally(
        cases + other.cases,
        alarmed + other.alarmed,
        found + other.found,
        held + other.held,
        slices + other.slices,
        rightSlices + other.rightSlices,
        records + other.records,
        rightRecords + other.rightRecords,
        alarms + other.alarms,
        trueAlarms + other.trueAlarms);
  }

  /** Share of the cases found at a right feature. */
  double recall() {
    return (double) found / cases;
  }

  /** Share of the features named that are right; NaN where none was named. */
  double precision() {
    return (double) trueAlarms / alarms;
  }

  /** For JSON. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("cases", cases);
    map.put("alarmed", alarmed);
    map.put("found", found);
    map.put("held", held);
    map.put("slices", slices);
    map.put("right_slices", rightSlices);
    map.put("records", records);
    map.put("right_records", rightRecords);
    map.put("alarms", alarms);
    map.put("true_alarms", trueAlarms);
    return map;
  }
}
