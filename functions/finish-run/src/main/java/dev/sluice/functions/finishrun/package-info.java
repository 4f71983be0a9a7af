/** The function {@code finish-run}. */
@NullMarked
package dev.sluice.functions.finishrun;

import org.jspecify.annotations.NullMarked;
