/** Examples in memory (columnar batches) and on disk: codecs and splits. */
@NullMarked
package dev.sluice.examples;

import org.jspecify.annotations.NullMarked;
