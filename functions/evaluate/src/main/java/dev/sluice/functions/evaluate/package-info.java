/** The function {@code evaluate}. */
@NullMarked
package dev.sluice.functions.evaluate;

import org.jspecify.annotations.NullMarked;
