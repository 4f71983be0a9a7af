/** The function {@code close-window}. */
@NullMarked
package dev.sluice.functions.closewindow;

import org.jspecify.annotations.NullMarked;
