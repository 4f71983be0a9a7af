package dev.sluice.evaluation;

/**
 * One figure of a model on some examples.
 *
 * @param name as in table {@code evaluations}: auc, log_loss, accuracy, precision, recall, ...
 * @param estimate value and 95 % interval
 * @param examples how many it rests on
 */
public record Metric(String name, Estimate estimate, long examples) {}
