package dev.sluice.transform;

import com.google.gson.annotations.SerializedName;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A mapping on disk: {@code manifest.json} and a file a vocabulary, {@code
 * vocabularies/<feature>.txt} (see {@link Vocabulary} for its form). A character of the feature's
 * name outside {@code A-Z a-z 0-9 _ . -} stands as {@code %XX} of its UTF-8 bytes; a name that gets
 * too long for a file is cut and ends in its hash. The manifest names each file.
 */
public final class MappingFiles {
  /** The manifest's name; every other name stands in it. */
  public static final String MANIFEST = "manifest.json";

  private static final int FORMAT = 1;

  private MappingFiles() {}

  /** Reads a file by its name inside the mapping's folder. */
  @FunctionalInterface
  public interface NamedFiles {
    /** The file's content. */
    byte[] read(String name) throws IOException;
  }

  /** The files' contents by name, the vocabularies first and the manifest last. */
  public static Map<String, byte[]> write(Mapping mapping) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    List<EncoderJson> encoders = new ArrayList<>();
    for (Encoder encoder : mapping.encoders()) {
      encoders.add(
          switch (encoder) {
            case Encoder.Numeric n -> json("numeric", n, null);
            case Encoder.Vector v -> json("vector", v.scale(), v.length());
            case Encoder.Summary s -> json("summary", s.scale(), null);
            case Encoder.Categorical v ->
                new EncoderJson(
                    v.column(),
                    "vocabulary",
                    null,
                    null,
                    null,
                    null,
                    file(v.column(), v.vocabulary(), files),
                    v.vocabulary().size(),
                    v.oovBuckets(),
                    null);
            case Encoder.OneHot v -> json("one_hot", v.column(), v.vocabulary(), files);
            case Encoder.MultiHot v -> json("multi_hot", v.column(), v.vocabulary(), files);
          });
    }
    ManifestJson manifest =
        new ManifestJson(
            FORMAT,
            mapping.rows(),
            mapping.label(),
            mapping.features(),
            mapping.rawColumns().stream()
                .map(c ->
                    new ColumnJson(
                        c.name(),
                        c.type(),
                        c.repeated() ? true : null,
                        c.role().name().toLowerCase(Locale.ROOT),
                        c.reason().isEmpty() ? null : c.reason()))
                .toList(),
            encoders);
    files.put(MANIFEST, Json.bytes(manifest));
    return files;
  }

  /**
   * @throws BadInput where a file was cut, changed, or written by a newer Sluice
   */
  public static Mapping read(NamedFiles files) throws IOException {
    byte[] text = files.read(MANIFEST);
    FormatJson format = Json.read(text, FormatJson.class, MANIFEST);
    if (format.format() < 1 || format.format() > FORMAT) {
      throw new BadInput(
          MANIFEST
              + " has format "
              + format.format()
              + ", and this Sluice reads format "
              + FORMAT
              + "; deploy the Sluice that wrote it, or run the pipeline again with this one");
    }
    ManifestJson manifest = Json.read(text, ManifestJson.class, MANIFEST);
    List<RawColumn> columns = new ArrayList<>();
    for (ColumnJson column : required(manifest.rawColumns(), "raw_columns")) {
      columns.add(
          new RawColumn(
              required(column.name(), "raw_columns.name"),
              required(column.type(), "raw_columns.type"),
              Boolean.TRUE.equals(column.repeated()),
              RawColumn.Role.valueOf(
                  required(column.role(), "raw_columns.role").toUpperCase(Locale.ROOT)),
              column.reason() == null ? "" : column.reason()));
    }
    List<Encoder> encoders = new ArrayList<>();
    for (EncoderJson encoder : required(manifest.encoders(), "encoders")) {
      String column = required(encoder.column(), "encoders.column");
      encoders.add(
          switch (required(encoder.kind(), "encoders.kind")) {
            case "numeric" -> numeric(column, encoder);
            case "vector" ->
                new Encoder.Vector(
                    numeric(column, encoder), required(encoder.length(), "encoders.length"));
            case "summary" -> new Encoder.Summary(numeric(column, encoder));
            case "multi_hot" -> new Encoder.MultiHot(column, vocabulary(encoder, files));
            case "vocabulary" ->
                new Encoder.Categorical(
                    column,
                    vocabulary(encoder, files),
                    required(encoder.oovBuckets(), "encoders.oov_buckets"));
            case "one_hot" -> new Encoder.OneHot(column, vocabulary(encoder, files));
            default ->
                throw new BadInput(
                    MANIFEST
                        + ": column '"
                        + column
                        + "' has the unknown encoder '"
                        + encoder.kind()
                        + "'");
          });
    }
    Mapping mapping =
        new Mapping(columns, encoders, required(manifest.label(), "label"), manifest.rows());
    if (!mapping.features().equals(manifest.features())) {
      throw new BadInput(
          MANIFEST + " lists features that its encoders do not give; it was changed by hand");
    }
    return mapping;
  }

  private static EncoderJson json(String kind, Encoder.Numeric n, @Nullable Integer length) {
    return new EncoderJson(
        n.column(), kind, n.log(), n.mean(), n.stdDev(), n.fill(), null, null, null, length);
  }

  private static EncoderJson json(
      String kind, String column, Vocabulary vocabulary, Map<String, byte[]> files) {
    return new EncoderJson(
        column,
        kind,
        null,
        null,
        null,
        null,
        file(column, vocabulary, files),
        vocabulary.size(),
        null,
        null);
  }

  private static Encoder.Numeric numeric(String column, EncoderJson encoder) {
    return new Encoder.Numeric(
        column,
        required(encoder.log(), "encoders.log"),
        required(encoder.mean(), "encoders.mean"),
        required(encoder.stdDev(), "encoders.std_dev"),
        required(encoder.fill(), "encoders.fill"));
  }

  private static Vocabulary vocabulary(EncoderJson encoder, NamedFiles files) throws IOException {
    String name = required(encoder.file(), "encoders.file");
    Vocabulary vocabulary = Vocabulary.fromFile(files.read(name), name);
    int size = required(encoder.size(), "encoders.size");
    if (vocabulary.size() != size) {
      throw new BadInput(
          name
              + " holds "
              + vocabulary.size()
              + " tokens, but "
              + MANIFEST
              + " says "
              + size
              + "; the file was cut or changed");
    }
    return vocabulary;
  }

  private static <T> T required(@Nullable T value, String member) {
    if (value == null) {
      throw new BadInput(MANIFEST + " has no '" + member + "'; it was cut or changed by hand");
    }
    return value;
  }

  private static String file(String column, Vocabulary vocabulary, Map<String, byte[]> files) {
    StringBuilder safe = new StringBuilder();
    byte[] bytes = column.getBytes(StandardCharsets.UTF_8);
    for (byte b : bytes) {
      char c = (char) (b & 0xff);
      boolean plain =
          (c >= 'A' && c <= 'Z')
              || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '-'
              || (c == '.' && !safe.isEmpty());
      if (plain) {
        safe.append(c);
      } else {
        safe.append(String.format(Locale.ROOT, "%%%02X", (int) c));
      }
    }
    if (safe.length() > 180) {
      safe.setLength(160);
      safe.append('-').append(HexFormat.of().formatHex(sha256(bytes), 0, 8));
    }
    String name = "vocabularies/" + safe + ".txt";
    files.put(name, vocabulary.toFile());
    return name;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private record FormatJson(int format) {}

  private record ManifestJson(
      int format,
      long rows,
      @Nullable LabelMapping label,
      @Nullable List<String> features,
      @SerializedName("raw_columns") @Nullable List<ColumnJson> rawColumns,
      @Nullable List<EncoderJson> encoders) {}

  private record ColumnJson(
      @Nullable String name,
      @Nullable ValueType type,
      @Nullable Boolean repeated,
      @Nullable String role,
      @Nullable String reason) {}

  private record EncoderJson(
      @Nullable String column,
      @Nullable String kind,
      @Nullable Boolean log,
      @Nullable Double mean,
      @SerializedName("std_dev") @Nullable Double stdDev,
      @Nullable Double fill,
      @Nullable String file,
      @Nullable Integer size,
      @SerializedName("oov_buckets") @Nullable Integer oovBuckets,
      @Nullable Integer length) {}
}
