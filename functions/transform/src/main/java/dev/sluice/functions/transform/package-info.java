/** The function {@code transform}. */
@NullMarked
package dev.sluice.functions.transform;

import org.jspecify.annotations.NullMarked;
