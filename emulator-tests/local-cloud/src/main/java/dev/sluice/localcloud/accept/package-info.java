/** What {@code ./sluice accept} does: a batch that is held goes on by a person's word. */
@NullMarked
package dev.sluice.localcloud.accept;

import org.jspecify.annotations.NullMarked;
