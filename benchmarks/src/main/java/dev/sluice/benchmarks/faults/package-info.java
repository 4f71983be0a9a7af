/** The fault bench: files that are broken on purpose, and who finds out. */
@NullMarked
package dev.sluice.benchmarks.faults;

import org.jspecify.annotations.NullMarked;
