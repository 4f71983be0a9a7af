/** The function {@code alert}. */
@NullMarked
package dev.sluice.functions.alert;

import org.jspecify.annotations.NullMarked;
