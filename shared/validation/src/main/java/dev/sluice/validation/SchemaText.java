package dev.sluice.validation;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormatParseInfoTree;
import dev.sluice.contracts.BadInput;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.metadata.v0.Feature;
import org.tensorflow.metadata.v0.Schema;

/** {@code schema.pbtxt}: a {@link Schema} in protocol buffers' text format, as TFX reads it. */
public final class SchemaText {
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
   *     schema contradicts itself (a name missing or used twice, a domain that is not defined)
   */
  public static Schema parse(String name, String text) {
    Schema.Builder builder = Schema.newBuilder();
    TextFormatParseInfoTree.Builder places = TextFormatParseInfoTree.builder();
    try {
      TextFormat.Parser.newBuilder().setParseInfoTreeBuilder(places).build().merge(text, builder);
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
    check(name, schema, places.build());
    return schema;
  }

  private static String reason(TextFormat.ParseException e) {
    String message = String.valueOf(e.getMessage());
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

  private static void check(String name, Schema schema, TextFormatParseInfoTree places) {
    FieldDescriptor field = Schema.getDescriptor().findFieldByNumber(Schema.FEATURE_FIELD_NUMBER);
    Set<String> domains = domains(schema);
    Map<String, Integer> lines = new HashMap<>();
    for (int i = 0; i < schema.getFeatureCount(); i++) {
      Feature feature = schema.getFeature(i);
      int line = places.getLocation(field, i).getLine() + 1;
      String where = name + ", line " + line + ": feature " + (i + 1);
      if (feature.getName().isEmpty()) {
        throw new BadInput(where + " has no name; add `name: \"<column>\"`");
      }
      @Nullable Integer before = lines.put(feature.getName(), line);
      if (before != null) {
        throw new BadInput(
            where
                + " is named \""
                + feature.getName()
                + "\" like the one of line "
                + before
                + "; remove one of them");
      }
      if (feature.hasDomain() && !domains.contains(feature.getDomain())) {
        throw new BadInput(
            where
                + " (\""
                + feature.getName()
                + "\") has domain \""
                + feature.getDomain()
                + "\", which the schema does not define; add a string_domain of that name or"
                + " remove the line");
      }
    }
  }
}
