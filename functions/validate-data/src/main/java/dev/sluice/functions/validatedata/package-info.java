/** The function {@code validate-data}. */
@NullMarked
package dev.sluice.functions.validatedata;

import org.jspecify.annotations.NullMarked;
