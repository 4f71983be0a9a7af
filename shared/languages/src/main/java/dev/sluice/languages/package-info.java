@NullMarked
package dev.sluice.languages;

import org.jspecify.annotations.NullMarked;
