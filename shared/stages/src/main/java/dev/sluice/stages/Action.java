package dev.sluice.stages;

import dev.sluice.contracts.StageRequest;
import dev.sluice.contracts.StageResult;
import java.io.IOException;

/** An operation that decides or records and makes no artifact; safe to repeat. */
@FunctionalInterface
public interface Action {
  /** Performs the operation. */
  StageResult perform(StageRequest request) throws IOException;
}
