/** The fault switch: what goes wrong, when, and the wires on which it is made to. */
@NullMarked
package dev.sluice.localcloud.faults;

import org.jspecify.annotations.NullMarked;
