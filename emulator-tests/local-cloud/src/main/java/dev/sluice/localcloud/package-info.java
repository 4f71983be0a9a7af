/** The whole of Sluice on one machine: emulators, functions from their zips, and the commands. */
@NullMarked
package dev.sluice.localcloud;

import org.jspecify.annotations.NullMarked;
