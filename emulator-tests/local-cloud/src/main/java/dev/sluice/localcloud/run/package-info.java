/** {@code ./sluice run}: somebody's CSV files through the whole way, and what came of them. */
@org.jspecify.annotations.NullMarked
package dev.sluice.localcloud.run;
