package dev.sluice.examples;

import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.metadata.RepetitionType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.schema.ColumnSchema;
import dev.hardwood.schema.FileSchema;
import dev.hardwood.schema.SchemaNode;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.ValueType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the columns of a Parquet file are to us. */
final class ParquetSchema {
  /** Bytes of a half-precision float. */
  private static final int FLOAT16_BYTES = 2;

  private static final int UUID_BYTES = 16;

  /**
   * A column of primitive values.
   *
   * @param name its path, joined by dots, a list's own levels left out
   * @param repeated where a row has a list of values
   */
  record Leaf(String name, ColumnSchema schema, boolean repeated, ValueType type) {
    /** True for bytes of which the file does not say that they are text. */
    boolean isBinary() {
      return schema.logicalType() == null
          && (schema.type() == PhysicalType.BYTE_ARRAY
              || schema.type() == PhysicalType.FIXED_LEN_BYTE_ARRAY);
    }
  }

  /** A column, or why it is none. */
  private record Node(String name, @Nullable Leaf leaf, String fault) {}

  private final String file;
  private final FileSchema schema;
  private final List<Node> nodes = new ArrayList<>();
  private final Set<String> base64 = new HashSet<>();

  private ParquetSchema(String file, FileSchema schema) {
    this.file = file;
    this.schema = schema;
  }

  static ParquetSchema of(String file, ParquetFileReader reader) {
    ParquetSchema schema = new ParquetSchema(file, reader.getFileSchema());
    for (SchemaNode child : reader.getFileSchema().getRootNode().children()) {
      schema.collect(child, child.name());
    }
    String encoded = reader.getFileMetaData().keyValueMetadata().get(ParquetExampleWriter.BASE64);
    if (encoded != null) {
      schema.base64.addAll(
          List.of(Json.read(encoded, String[].class, "the footer of " + file + ", base64")));
    }
    return schema;
  }

  /** Columns whose texts are base64 already, as the file says; a set of its own. */
  Set<String> base64() {
    return new HashSet<>(base64);
  }

  /** Every column of the file, of a type that is read or not. */
  List<String> leaves() {
    return nodes.stream().map(Node::name).toList();
  }

  /**
   * The columns asked for, in the file's order.
   *
   * @param wanted names, empty for all
   */
  List<Leaf> select(Set<String> wanted) {
    List<Leaf> leaves = new ArrayList<>();
    Set<String> absent = new TreeSet<>(wanted);
    Set<String> taken = new HashSet<>();
    for (Node node : nodes) {
      absent.remove(node.name());
      if (wanted.isEmpty() || wanted.contains(node.name())) {
        if (!taken.add(node.name())) {
          throw new BadInput(
              file + " has two columns " + node.name() + "; rename one or the structure it is in");
        }
        Leaf leaf = node.leaf();
        if (leaf == null) {
          throw new BadInput(file + ", column " + node.name() + " " + node.fault());
        }
        leaves.add(leaf);
      }
    }
    if (!absent.isEmpty()) {
      throw new BadInput(
          file + " has no column " + String.join(", ", absent) + "; it has " + leaves());
    }
    if (leaves.isEmpty()) {
      throw new BadInput(file + " has no columns; write at least one");
    }
    return leaves;
  }

  private void collect(SchemaNode node, String name) {
    switch (node) {
      case SchemaNode.PrimitiveNode primitive ->
          leaf(name, primitive, primitive.repetitionType() == RepetitionType.REPEATED);
      case SchemaNode.GroupNode group -> {
        if (group.isMap()) {
          fault(name, "is a map; write its keys as columns, or two lists");
        } else if (group.isVariant()) {
          fault(name, "is a variant; write its members as columns");
        } else if (group.isList()) {
          switch (group.getListElement()) {
            case SchemaNode.PrimitiveNode element when element.maxRepetitionLevel() == 1 ->
                leaf(name, element, true);
            case SchemaNode.GroupNode element when element.isList() -> listOfLists(name);
            case SchemaNode.GroupNode element when element.isMap() ->
                fault(name, "is a list of maps; write their keys as columns");
            case SchemaNode.GroupNode _ -> listOfStructures(name);
            default -> listOfLists(name);
          }
        } else if (group.repetitionType() == RepetitionType.REPEATED) {
          listOfStructures(name);
        } else {
          for (SchemaNode child : group.children()) {
            collect(child, name + "." + child.name());
          }
        }
      }
    }
  }

  private void fault(String name, String fault) {
    nodes.add(new Node(name, null, fault));
  }

  private void listOfLists(String name) {
    fault(name, "is a list of lists; flatten it into one list, or into columns");
  }

  private void listOfStructures(String name) {
    fault(name, "is a list of structures; write a list for each of their members");
  }

  private void leaf(String name, SchemaNode.PrimitiveNode node, boolean repeated) {
    ColumnSchema column = schema.getColumn(node.columnIndex());
    ValueType type = type(column);
    LogicalType logical = column.logicalType();
    nodes.add(
        new Node(
            name,
            type == null ? null : new Leaf(name, column, repeated, type),
            "has type "
                + column.type()
                + (logical == null ? "" : " (" + logical + ")")
                + "; cast it to a 64-bit integer, a double, a string or a timestamp"));
  }

  private static @Nullable ValueType type(ColumnSchema column) {
    return switch (column.logicalType()) {
      case null ->
          switch (column.type()) {
            case INT32, INT64 -> ValueType.INT;
            case FLOAT, DOUBLE -> ValueType.FLOAT;
            case BOOLEAN, INT96, BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY -> ValueType.STRING;
          };
      case LogicalType.IntType _ -> ValueType.INT;
      case LogicalType.DecimalType _ -> ValueType.FLOAT;
      case LogicalType.Float16Type _ -> hasLength(column, FLOAT16_BYTES) ? ValueType.FLOAT : null;
      case LogicalType.UuidType _ -> hasLength(column, UUID_BYTES) ? ValueType.STRING : null;
      case LogicalType.StringType _, LogicalType.EnumType _, LogicalType.JsonType _ ->
          column.type() == PhysicalType.BYTE_ARRAY ? ValueType.STRING : null;
      case LogicalType.DateType _ -> column.type() == PhysicalType.INT32 ? ValueType.STRING : null;
      // A column that never had a value, as pandas writes it.
      case LogicalType.NullType _ -> ValueType.STRING;
      case LogicalType.TimeType _, LogicalType.TimestampType _ ->
          column.type() == PhysicalType.INT32 || column.type() == PhysicalType.INT64
              ? ValueType.STRING
              : null;
      default -> null;
    };
  }

  private static boolean hasLength(ColumnSchema column, int bytes) {
    Integer length = column.typeLength();
    return column.type() == PhysicalType.FIXED_LEN_BYTE_ARRAY && length != null && length == bytes;
  }
}
