/** The function {@code receive-rows}. */
@NullMarked
package dev.sluice.functions.receiverows;

import org.jspecify.annotations.NullMarked;
