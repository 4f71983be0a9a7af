/** Trainers, the model file, the predictor. */
@NullMarked
package dev.sluice.models;

import org.jspecify.annotations.NullMarked;
