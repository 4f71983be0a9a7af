/**
 * Schema, anomalies, and what moved between two batches: which feature, which group, since when.
 */
@NullMarked
package dev.sluice.validation;

import org.jspecify.annotations.NullMarked;
