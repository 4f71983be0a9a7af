/** The function {@code receive-file}. */
@NullMarked
package dev.sluice.functions.receivefile;

import org.jspecify.annotations.NullMarked;
