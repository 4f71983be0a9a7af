package dev.sluice.contracts;

/** Where a batch stands; the newest one written is what the view {@code batches} shows. */
public enum BatchState {
  /** receive-*: known and handed to the DAG. */
  RECEIVED,
  /** resolve: its run has begun. */
  RUNNING,
  /** validate-data: the data are fit to learn from. */
  PASSED,
  /** validate-data or validate-model: held at the gate. */
  BLOCKED,
  /** release: its model answers. */
  LIVE,
  /** release: a later batch's model answers already. */
  SUPERSEDED,
  /** finish-run or receive-*: something broke; a new run may go through. */
  FAILED,
  /** receive-*: no pipeline takes it, or its name is unsafe. */
  IGNORED
}
