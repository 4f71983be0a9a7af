package dev.sluice.benchmarks.faults;

import org.jspecify.annotations.Nullable;

/**
 * One alarm of a tool.
 *
 * @param feature '' for the file as a whole
 * @param slice {@code column=value} of the rows concerned, '' for all
 * @param held true where the batch would be held; false where people are told and it goes on
 * @param firstRow 1-based row where it begins; null where the tool does not say
 * @param text one line
 */
record Found(String feature, String slice, boolean held, @Nullable Long firstRow, String text) {}
