package dev.sluice.examples;

/** Guesses what language a text is written in. */
@FunctionalInterface
public interface Languages {
  /** What BCP 47 calls a language that nobody can tell. */
  String UNDETERMINED = "und";

  /** The language's BCP 47 code, such as {@code en}, or {@value #UNDETERMINED} where unsure. */
  String guess(String text);

  /** Knows none. */
  static Languages none() {
    return text -> UNDETERMINED;
  }
}
