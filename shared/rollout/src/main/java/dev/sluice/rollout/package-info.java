/** Which versions of a model exist, which one is live, and how traffic is shared among them. */
@NullMarked
package dev.sluice.rollout;

import org.jspecify.annotations.NullMarked;
