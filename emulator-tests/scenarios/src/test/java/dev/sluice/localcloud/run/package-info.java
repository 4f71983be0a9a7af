/** {@code ./sluice run} on other people's files. */
@org.jspecify.annotations.NullMarked
package dev.sluice.localcloud.run;
