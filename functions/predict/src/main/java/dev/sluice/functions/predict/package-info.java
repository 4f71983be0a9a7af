/** The function {@code predict}. */
@NullMarked
package dev.sluice.functions.predict;

import org.jspecify.annotations.NullMarked;
