/** What a changed spec will cause: {@code ./sluice check}. */
@NullMarked
package dev.sluice.localcloud.check;

import org.jspecify.annotations.NullMarked;
