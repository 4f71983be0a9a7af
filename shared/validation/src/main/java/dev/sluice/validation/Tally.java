package dev.sluice.validation;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Hits among all along an axis (rows of a file, time), in buckets of equal width, which doubles
 * when they become more than {@value #MOST}. Constant memory, any order.
 */
final class Tally {
  private static final int MOST = 4096;

  /** What a bucket holds. */
  static final class Bucket {
    long seen;
    long hits;
    double firstHit = Double.POSITIVE_INFINITY;
    String source = "";
    long row = Long.MAX_VALUE;

    private void add(Bucket other) {
      seen += other.seen;
      hits += other.hits;
      hit(other.firstHit, other.source, other.row);
    }

    private void hit(double at, String from, long place) {
      if (at < firstHit
          || (at == firstHit
              && (from.compareTo(source) < 0 || (from.equals(source) && place < row)))) {
        firstHit = at;
        source = from;
        row = place;
      }
    }
  }

  private Map<Long, Bucket> buckets = new HashMap<>();
  private double width;

  /**
   * @param width of a bucket to begin with, in the axis' unit
   */
  Tally(double width) {
    this.width = width;
  }

  /** Adds a row; one that has no place on the axis does not count. */
  void add(double at, boolean hit, String source, long row) {
    if (!Double.isFinite(at)) {
      return;
    }
    Bucket bucket = buckets.computeIfAbsent((long) Math.floor(at / width), place -> new Bucket());
    bucket.seen++;
    if (hit) {
      bucket.hits++;
      bucket.hit(at, source, row);
    }
    while (buckets.size() > MOST) {
      width *= 2;
      Map<Long, Bucket> wider = new HashMap<>();
      buckets.forEach((place, old) ->
          wider.computeIfAbsent(Math.floorDiv(place, 2L), to -> new Bucket()).add(old));
      buckets = wider;
    }
  }

  /** By place on the axis. */
  Collection<Bucket> sorted() {
    return new TreeMap<>(buckets).values();
  }
}
