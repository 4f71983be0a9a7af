package dev.sluice.stages;

import dev.sluice.contracts.Batch;
import dev.sluice.contracts.Pins;
import dev.sluice.contracts.PipelineSpec;

/**
 * What {@code resolve} pinned for a run, read back.
 *
 * @param pins as written
 * @param spec at the pinned generation
 * @param batch the pinned batch
 */
public record RunContext(Pins pins, PipelineSpec spec, Batch batch) {}
