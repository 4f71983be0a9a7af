/**
 * What every entry point shares: configuration, request parsing, status mapping, artifact commit
 * and cache, decisions and facts.
 */
@NullMarked
package dev.sluice.stages;

import org.jspecify.annotations.NullMarked;
