package dev.sluice.contracts;

import com.google.gson.annotations.SerializedName;
import java.util.Locale;

/** What a batch came from; its text is what the column {@code source} of table batches holds. */
public enum SourceKind {
  /** Rows in objects of the inbox. */
  @SerializedName("files")
  FILES,
  /** Objects of the inbox that are an example each. */
  @SerializedName("objects")
  OBJECTS,
  /** A table at a snapshot. */
  @SerializedName("bigquery")
  BIGQUERY,
  /** A closed window of messages. */
  @SerializedName("stream")
  STREAM;

  /** As it stands in a spec, in JSON and in tables. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
