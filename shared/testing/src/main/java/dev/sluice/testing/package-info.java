/** A cloud in memory, for the tests of stages and functions. */
@NullMarked
package dev.sluice.testing;

import org.jspecify.annotations.NullMarked;
