package dev.sluice.localcloud.run;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.contracts.SourceSpec;
import dev.sluice.contracts.Yaml;
import dev.sluice.examples.ByteSource;
import dev.sluice.examples.RecordFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done, checked as far as the files' first lines allow, so that a wrong path or a
 * wrong label is told before anything starts.
 *
 * @param files in the order in which they are taken, each a batch
 * @param pipeline a name made of the first file's
 * @param specText the pipeline's spec
 * @param schema the schema file that the spec names, or null
 * @param columns of the first file, in its order
 */
record RunPlan(
    List<Path> files,
    String pipeline,
    String specText,
    @Nullable Path schema,
    List<String> columns) {
  private static final int LONGEST_NAME = 40;
  private static final int LISTED_COLUMNS = 12;

  RunPlan {
    files = List.copyOf(files);
    columns = List.copyOf(columns);
  }

  /**
   * @param label a column, or null where the spec names it
   * @param spec the rest of the spec, or null for defaults
   * @throws BadInput saying what to change in the command
   */
  static RunPlan of(List<Path> files, @Nullable String label, @Nullable Path spec)
      throws IOException {
    for (Path file : files) {
      requireReadable(file, "data");
    }
    Path first = files.getFirst();
    String pipeline = pipeline(first);
    List<String> columns = RecordFiles.columns(ByteSource.of(first));
    String text = spec(label, spec);
    PipelineSpec parsed = PipelineSpec.parse(pipeline, text);
    PipelineSpec.Label learned = parsed.label();
    if (learned.expression() == null && !columns.contains(learned.name())) {
      throw new BadInput(noSuchColumn(first, learned.name(), columns));
    }
    Path schema = null;
    String schemaName = parsed.schema();
    if (schemaName != null && spec != null) {
      schema = spec.toAbsolutePath().resolveSibling(schemaName);
      requireReadable(schema, "schema");
    }
    return new RunPlan(files, pipeline, text, schema, columns);
  }

  /** Writes the spec, and the schema that it names, where a local cloud looks for them. */
  void writeTo(Path folder) throws IOException {
    Files.createDirectories(folder);
    Path from = schema;
    if (from != null) {
      Files.write(folder.resolve(String.valueOf(from.getFileName())), Files.readAllBytes(from));
    }
    Files.writeString(folder.resolve(pipeline + ".yaml"), specText);
  }

  /**
   * The object that a file becomes.
   *
   * @throws BadInput where the spec's own pattern does not take it
   */
  String objectName(Path file, String span) {
    PipelineSpec spec = PipelineSpec.parse(pipeline, specText);
    String name = String.valueOf(file.getFileName());
    if (!(spec.source() instanceof SourceSpec.Files source) || source.marker() != null) {
      throw new BadInput(
          "the spec's source does not take single files, which is what run sends; leave 'source'"
              + " out of the spec, or use up and drop");
    }
    String pattern = source.pattern().toString();
    int slash = pattern.lastIndexOf('/');
    String object =
        pattern
                .substring(0, slash + 1)
                .replace("{SPAN}", span)
                .replace("{VERSION}", "1")
                .replace("**/", "")
                .replace("*", "any")
            + name;
    if (source.place(object) == null) {
      throw new BadInput(
          "the spec's source takes only files like '"
              + pattern
              + "', and "
              + name
              + " is none; rename it, or leave 'source' out of the spec");
    }
    return object;
  }

  /** The file's name without its ending, in the letters that a pipeline's name may have. */
  static String pipeline(Path file) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    String plain =
        Normalizer.normalize(dot > 0 ? name.substring(0, dot) : name, Normalizer.Form.NFKD)
            .replaceAll("\\p{M}", "")
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9_]+", "-");
    String cut = plain.substring(0, Math.min(plain.length(), LONGEST_NAME));
    String kept = cut.replaceAll("^[-_]+|[-_]+$", "");
    if (kept.isEmpty()) {
      return "data";
    }
    return Character.isDigit(kept.charAt(0)) ? "data-" + kept : kept;
  }

  private static String spec(@Nullable String label, @Nullable Path spec) throws IOException {
    if (spec == null) {
      if (label == null) {
        throw new BadInput(
            "nothing says what to learn; name the column with --label COLUMN, or give a spec with"
                + " --spec FILE");
      }
      return line(label);
    }
    requireReadable(spec, "spec");
    String text = Files.readString(spec);
    Yaml yaml = Yaml.parse(text, String.valueOf(spec.getFileName()));
    if (label == null) {
      return text;
    }
    if (yaml.values().get("label") != null) {
      throw new BadInput(
          spec + " names a label, and so does --label " + label + "; leave one of them out");
    }
    return text.endsWith("\n") ? text + line(label) : text + "\n" + line(label);
  }

  /** JSON's strings are YAML's too, so any column name may stand here. */
  private static String line(String label) {
    return "label: " + Json.write(label) + "\n";
  }

  private static String noSuchColumn(Path file, String label, List<String> columns) {
    return "label '"
        + label
        + "' is no column of "
        + file
        + "; did you mean '"
        + Names.nearest(label, columns)
        + "'? Its columns: "
        + String.join(", ", columns.subList(0, Math.min(columns.size(), LISTED_COLUMNS)))
        + (columns.size() > LISTED_COLUMNS
            ? " and " + (columns.size() - LISTED_COLUMNS) + " more"
            : "");
  }

  private static void requireReadable(Path file, String what) {
    if (Files.isDirectory(file)) {
      throw new BadInput(file + " is a folder; name the " + what + " file in it");
    }
    if (!Files.exists(file)) {
      throw new BadInput("there is no " + what + " file " + file + "; check the path");
    }
    if (!Files.isReadable(file)) {
      throw new BadInput("the " + what + " file " + file + " may not be read; change its rights");
    }
  }
}
