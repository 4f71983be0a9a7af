/** The function {@code release}. */
@NullMarked
package dev.sluice.functions.release;

import org.jspecify.annotations.NullMarked;
