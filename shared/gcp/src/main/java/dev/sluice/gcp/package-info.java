/** Google's clients behind small ports, and logs as Cloud Logging reads them. */
@NullMarked
package dev.sluice.gcp;

import org.jspecify.annotations.NullMarked;
