package dev.sluice.validation;

/** The files of what a validation leaves. */
public final class ValidationFiles {
  /** Of a schema artifact: the schema in protocol buffers' text format. */
  public static final String SCHEMA = "schema.pbtxt";

  /**
   * Of an anomalies artifact: what TFDV's tools read, with the schema that the batch was held to.
   */
  public static final String ANOMALIES = "anomalies.pb";

  /** Of an anomalies artifact: outcome, reasons and anomalies without loss. */
  public static final String VALIDATION = "validation.json";

  private ValidationFiles() {}
}
