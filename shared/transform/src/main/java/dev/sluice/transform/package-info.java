/** From examples to features: analyzers over train, the saved mapping, applying it. */
@NullMarked
package dev.sluice.transform;

import org.jspecify.annotations.NullMarked;
