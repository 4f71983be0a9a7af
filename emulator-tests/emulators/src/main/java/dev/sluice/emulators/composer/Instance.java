package dev.sluice.emulators.composer;

/**
 * The name of a task instance in its run.
 *
 * @param task the operation
 * @param mapIndex from 0 for each call of a mapped task; -1 for a task that is not mapped, and for
 *     a mapped one before it is known how often it is called or where it is not called at all
 */
record Instance(String task, int mapIndex) {
  static final int UNMAPPED = -1;

  /** From its key; an operation's name has no such sign. */
  static Instance of(String key) {
    int sign = key.indexOf('#');
    return sign < 0
        ? new Instance(key, UNMAPPED)
        : new Instance(key.substring(0, sign), Integer.parseInt(key, sign + 1, key.length(), 10));
  }

  /** {@code ingest} or {@code ingest-shard#3}: the name on disk. */
  String key() {
    return mapIndex == UNMAPPED ? task : task + "#" + mapIndex;
  }

  /** {@code ingest} or {@code ingest-shard[3]}: the name for people. */
  @Override
  public String toString() {
    return mapIndex == UNMAPPED ? task : task + "[" + mapIndex + "]";
  }
}
