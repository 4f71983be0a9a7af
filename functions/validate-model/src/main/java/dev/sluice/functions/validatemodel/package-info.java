/** The function {@code validate-model}. */
@NullMarked
package dev.sluice.functions.validatemodel;

import org.jspecify.annotations.NullMarked;
