/**
 * The whole of Sluice as its users meet it: files dropped, models served, and what must not happen.
 */
@NullMarked
package dev.sluice.scenarios;

import org.jspecify.annotations.NullMarked;
