package dev.sluice.contracts;

/** The type of a feature's values, as in tensorflow-metadata's {@code FeatureType}. */
public enum ValueType {
  /** 64-bit integers. */
  INT,
  /** 64-bit floating point numbers. */
  FLOAT,
  /** UTF-8 text, {@code BYTES} in tensorflow-metadata. */
  STRING
}
