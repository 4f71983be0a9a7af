/** The function {@code ingest}. */
@NullMarked
package dev.sluice.functions.ingest;

import org.jspecify.annotations.NullMarked;
