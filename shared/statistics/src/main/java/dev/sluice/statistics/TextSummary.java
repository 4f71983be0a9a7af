package dev.sluice.statistics;

/**
 * What only text has. Lengths are in Unicode code points; NaN or 0 where there are no values.
 *
 * @param avgLength mean length
 * @param minLength of the shortest text
 * @param maxLength of the longest text
 */
public record TextSummary(double avgLength, int minLength, int maxLength) {}
