package dev.sluice.contracts;

/** The key {@code engine} of a spec: how the operations of a run are carried out. */
public enum Engine {
  /** By the size of the batch. */
  AUTO,
  /** One call an operation. */
  CALL,
  /** A call a shard, where the operation can be mapped. */
  SHARDS
}
