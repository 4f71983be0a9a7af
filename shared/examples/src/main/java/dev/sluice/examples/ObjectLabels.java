package dev.sluice.examples;

/** Where the label of an object is written. */
public sealed interface ObjectLabels {
  /** Nowhere: there is no column {@code label}. */
  record None() implements ObjectLabels {}

  /** In the last folder of its name: {@code photos/2026-11-01/cat/1.png} is a {@code cat}. */
  record ByFolder() implements ObjectLabels {}

  /**
   * In a CSV file with a column {@code file} (relative to the objects' common folder or to the
   * manifest's own, or a file name that is there once) or {@code uri} (the full name), mostly a
   * column {@code label}, and any further ones, each of which becomes a column.
   */
  record ByManifest(ByteSource manifest) implements ObjectLabels {}
}
