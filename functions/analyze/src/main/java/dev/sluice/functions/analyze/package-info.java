/** The function {@code analyze}. */
@NullMarked
package dev.sluice.functions.analyze;

import org.jspecify.annotations.NullMarked;
