package dev.sluice.localcloud.check;

import com.google.gson.annotations.SerializedName;

/**
 * What becomes of one operation of a run.
 *
 * @param operation its name
 * @param effect what it does
 * @param because why, half a sentence
 */
public record Step(String operation, Effect effect, String because) {
  /** What an operation does. */
  public enum Effect {
    /** It decides or records, and is performed in each run. */
    @SerializedName("always")
    ALWAYS,
    /** Its artifacts are there. */
    @SerializedName("cached")
    CACHED,
    /** It makes its artifacts. */
    @SerializedName("anew")
    ANEW,
    /** It makes its artifacts, unless what it takes comes out with the same bytes as before. */
    @SerializedName("depends")
    DEPENDS,
    /** It is not called. */
    @SerializedName("skipped")
    SKIPPED
  }
}
