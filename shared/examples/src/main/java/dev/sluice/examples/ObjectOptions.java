package dev.sluice.examples;

import dev.sluice.contracts.BadInput;

/**
 * What to make of a folder of objects.
 *
 * @param inlineText adds the column {@code text}: the whole text of objects up to {@code maxBytes}
 * @param inlineImages adds the column {@code image}: the bytes of images up to {@code maxBytes}, as
 *     base64
 * @param maxBytes of an object that is carried inline, 1 to 16 MiB
 * @param languages guesses what a text is written in
 */
public record ObjectOptions(
    ObjectLabels labels,
    boolean inlineText,
    boolean inlineImages,
    int maxBytes,
    Languages languages) {
  private static final int MOST_BYTES = 1 << 24;

  public ObjectOptions {
    if (maxBytes < 1 || maxBytes > MOST_BYTES) {
      throw new BadInput(
          "inline max_bytes is " + maxBytes + "; it is a number from 1 to " + MOST_BYTES);
    }
  }

  /** No label, nothing inline, no guess of languages. */
  public static ObjectOptions ofDefaults() {
    return new ObjectOptions(new ObjectLabels.None(), false, false, 1 << 16, Languages.none());
  }

  /** With labels. */
  public ObjectOptions labels(ObjectLabels from) {
    return new ObjectOptions(from, inlineText, inlineImages, maxBytes, languages);
  }

  /** With contents as columns. */
  public ObjectOptions inline(boolean text, boolean images, int bytes) {
    return new ObjectOptions(labels, text, images, bytes, languages);
  }

  /** With a guess of languages. */
  public ObjectOptions languages(Languages guess) {
    return new ObjectOptions(labels, inlineText, inlineImages, maxBytes, guess);
  }
}
