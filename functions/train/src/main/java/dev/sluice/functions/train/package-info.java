/** The function {@code train}. */
@NullMarked
package dev.sluice.functions.train;

import org.jspecify.annotations.NullMarked;
