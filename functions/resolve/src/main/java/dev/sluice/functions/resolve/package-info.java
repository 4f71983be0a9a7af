/** The function {@code resolve}. */
@NullMarked
package dev.sluice.functions.resolve;

import org.jspecify.annotations.NullMarked;
