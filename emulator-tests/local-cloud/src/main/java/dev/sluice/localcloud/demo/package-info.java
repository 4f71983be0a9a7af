/** The marketplace that the demo runs on, the requests it sends, and how it looks. */
@NullMarked
package dev.sluice.localcloud.demo;

import org.jspecify.annotations.NullMarked;
