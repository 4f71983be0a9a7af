package dev.sluice.validation;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormatParseInfoTree;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.metadata.v0.Schema;

/** {@code schema.pbtxt}: a {@link Schema} in protocol buffers' text format, as TFX reads it. */
public final class SchemaText {
  private static final Pattern OLD =
      Pattern.compile(
          "(?m)^[ \\t]*(generate_legacy_feature_spec|represent_variable_length_as_sparse)"
              + "[ \\t]*:[ \\t]*(true|false)[ \\t]*$");

  /** How protobuf names the first field that it does not know, on a line of its own. */
  private static final Pattern UNKNOWN =
      Pattern.compile("\\d+:\\d+:\\s+tensorflow\\.metadata\\.v0\\.([\\w.]+)\\.(\\w+)");

  private SchemaText() {}

  /** The text of a schema, the same bytes for the same schema. */
  public static String write(Schema schema) {
    return TextFormat.printer().escapingNonAscii(false).printToString(schema);
  }

  /**
   * Reads a schema of ours, of TFDV or of TFX.
   *
   * @param name the file, for messages
   * @throws BadInput with file, line, column and field where the text is no schema, or where the
   *     schema contradicts itself (a name missing or used twice, a domain that is not defined, a
   *     limit that no data can meet) or is of nested data
   */
  public static Schema parse(String name, String text) {
    Schema.Builder builder = Schema.newBuilder();
    TextFormatParseInfoTree.Builder places = TextFormatParseInfoTree.builder();
    try {
      TextFormat.Parser.newBuilder()
          .setParseInfoTreeBuilder(places)
          .build()
          .merge(known(text), builder);
    } catch (TextFormat.ParseException e) {
      throw new BadInput(
          name
              + ", line "
              + e.getLine()
              + ", column "
              + e.getColumn()
              + ": "
              + reason(e)
              + near(text, e.getLine())
              + "; correct the line as tensorflow_metadata/proto/v0/schema.proto has it",
          e);
    }
    Schema schema = builder.build();
    new SchemaRules(name, schema, places.build()).check();
    return schema;
  }

  /** Switches that older versions of TFX write and nobody reads; their lines stay, empty. */
  private static String known(String text) {
    return OLD.matcher(text).replaceAll("");
  }

  private static String reason(TextFormat.ParseException e) {
    String message = String.valueOf(e.getMessage());
    Matcher unknown = UNKNOWN.matcher(message);
    if (unknown.find()) {
      Descriptor type = Schema.getDescriptor().getFile().findMessageTypeByName(unknown.group(1));
      String field = unknown.group(2);
      List<String> fields =
          type == null
              ? List.of()
              : type.getFields().stream().map(FieldDescriptor::getName).toList();
      return field
          + " is no field of "
          + unknown.group(1)
          + (fields.isEmpty() ? "" : "; did you mean " + Names.nearest(field, fields) + "?");
    }
    // protobuf puts "line:column: " before its sentence, which ours already says.
    return message.replaceFirst("^\\d+:\\d+: ", "").replaceFirst("\\.$", "");
  }

  private static String near(String text, int line) {
    List<String> lines = text.lines().toList();
    if (line < 1 || line > lines.size()) {
      return "";
    }
    String at = lines.get(line - 1).strip();
    return " (at \"" + (at.length() > 80 ? at.substring(0, 80) + "..." : at) + "\")";
  }

  /** The names of the domains that features may share. */
  static Set<String> domains(Schema schema) {
    Set<String> domains = new HashSet<>();
    schema.getStringDomainList().forEach(domain -> domains.add(domain.getName()));
    schema.getIntDomainList().forEach(domain -> domains.add(domain.getName()));
    schema.getFloatDomainList().forEach(domain -> domains.add(domain.getName()));
    return domains;
  }
}
