/**
 * What a model is worth: metrics with their confidence, per slice, and the gates they must pass.
 */
@NullMarked
package dev.sluice.evaluation;

import org.jspecify.annotations.NullMarked;
