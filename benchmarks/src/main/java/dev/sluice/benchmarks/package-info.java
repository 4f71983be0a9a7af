/** The loops that a batch's time is spent in, measured by JMH. */
@org.jspecify.annotations.NullMarked
package dev.sluice.benchmarks;
