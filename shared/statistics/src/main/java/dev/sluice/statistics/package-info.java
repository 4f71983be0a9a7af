/** Mergeable summaries of examples, of the whole and of its groups, and their protos and rows. */
@NullMarked
package dev.sluice.statistics;

import org.jspecify.annotations.NullMarked;
