package dev.sluice.localcloud.dags;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * What runs the DAGs: it answers on an address from the beginning, and calls functions once open.
 */
public interface Orchestrator extends AutoCloseable {
  /** Airflow's address, without {@code /api/v2}. */
  URI uri();

  /**
   * Makes a pipeline's DAG, or another one of it. Returns when it can be triggered, where functions
   * may be called already.
   *
   * @param spec the text of its spec
   */
  void bring(String pipeline, String spec) throws IOException;

  /**
   * Begins to call functions, with the runs that were under way.
   *
   * @param functions function to url
   */
  void open(Map<String, URI> functions) throws IOException;

  /**
   * Waits until no run goes on; those of paused DAGs do not.
   *
   * @return false where that takes longer than the limit
   */
  boolean awaitIdle(Duration limit) throws InterruptedException;

  @Override
  void close() throws IOException;
}
