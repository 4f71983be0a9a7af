/** Records that cross a boundary between functions, and their JSON and YAML. */
@NullMarked
package dev.sluice.contracts;

import org.jspecify.annotations.NullMarked;
