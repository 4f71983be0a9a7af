/** The function {@code predict}: released models answer over TensorFlow Serving's REST. */
@NullMarked
package dev.sluice.functions.predict;

import org.jspecify.annotations.NullMarked;
