package dev.sluice.examples;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one shard of a batch was found to hold.
 *
 * @param shard from 0
 * @param shards how many share the sources
 * @param pieces in the order of the sources; none where the shard has nothing to do
 */
public record Inspection(int shard, int shards, List<Piece> pieces) {
  /** The inspection's name within its artifact. */
  public static final String NAME = "inspection.json";

  public Inspection {
    pieces = List.copyOf(pieces);
    if (shard < 0 || shard >= shards) {
      throw new BadInput("shard is " + shard + "; it lies between 0 and " + (shards - 1));
    }
  }

  /**
   * What a stretch of a source holds.
   *
   * @param source its place among the sources
   * @param first where its first record begins
   * @param end where the first record behind it begins
   * @param rows records, the rejected ones included
   * @param lines from its first record to its end
   * @param kinds column to what its values look like
   */
  public record Piece(
      int source,
      long from,
      long to,
      long first,
      long end,
      long rows,
      long rejectedRows,
      long lines,
      Map<String, Integer> kinds) {
    public Piece {
      kinds = Collections.unmodifiableMap(new LinkedHashMap<>(kinds));
    }
  }

  /** Records, the rejected ones included. */
  public long rows() {
    return pieces.stream().mapToLong(Piece::rows).sum();
  }

  /** Records that are rejected. */
  public long rejectedRows() {
    return pieces.stream().mapToLong(Piece::rejectedRows).sum();
  }

  /** A stretch of a source that falls to a shard. */
  record Share(int source, long from, long to) {}

  /**
   * Divides the sources, laid end to end, into shards of about equal bytes. A source that cannot be
   * cut falls whole to the shard in which it begins.
   */
  static List<Share> shares(List<? extends RecordFile> files, int shard, int shards) {
    long total = files.stream().mapToLong(Inspection::weight).sum();
    long from = border(total, shard, shards);
    long to = border(total, shard + 1, shards);
    List<Share> shares = new ArrayList<>();
    long begin = 0;
    for (int s = 0; s < files.size(); s++) {
      long end = begin + weight(files.get(s));
      if (files.get(s).indivisible() != null) {
        if (begin >= from && begin < to) {
          shares.add(new Share(s, 0, Long.MAX_VALUE));
        }
      } else if (Math.max(begin, from) < Math.min(end, to)) {
        shares.add(
            new Share(s, Math.max(begin, from) - begin, end <= to ? Long.MAX_VALUE : to - begin));
      }
      begin = end;
    }
    return shares;
  }

  private static long weight(RecordFile file) {
    return Math.max(1, file.bytes());
  }

  private static long border(long total, int shard, int shards) {
    return total * shard / shards;
  }

  /** The JSON text; equal inspections give equal texts. */
  public String toJson() {
    return Json.write(this);
  }

  /** Reads {@link #toJson}. */
  public static Inspection fromJson(String json) {
    return Json.read(json, Inspection.class, "an inspection of a shard");
  }
}
