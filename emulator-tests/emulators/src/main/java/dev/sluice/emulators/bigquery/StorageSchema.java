package dev.sluice.emulators.bigquery;

import com.google.cloud.bigquery.storage.v1.TableFieldSchema;
import com.google.cloud.bigquery.storage.v1.TableSchema;
import dev.sluice.emulators.bigquery.SqlType.Field;
import dev.sluice.emulators.bigquery.SqlType.Kind;
import java.util.List;

/** A table's schema in the Storage API's words. */
final class StorageSchema {
  private StorageSchema() {}

  static TableSchema of(List<Field> fields) {
    TableSchema.Builder schema = TableSchema.newBuilder();
    fields.forEach(field -> schema.addFields(field(field)));
    return schema.build();
  }

  private static TableFieldSchema field(Field field) {
    SqlType type = field.type().item();
    TableFieldSchema.Builder out =
        TableFieldSchema.newBuilder()
            .setName(field.name())
            .setType(type(type.kind()))
            .setDescription(field.description())
            .setMode(
                field.type().is(Kind.ARRAY)
                    ? TableFieldSchema.Mode.REPEATED
                    : field.required()
                        ? TableFieldSchema.Mode.REQUIRED
                        : TableFieldSchema.Mode.NULLABLE);
    type.fields().forEach(inner -> out.addFields(field(inner)));
    return out.build();
  }

  private static TableFieldSchema.Type type(Kind kind) {
    return switch (kind) {
      case INT64 -> TableFieldSchema.Type.INT64;
      case FLOAT64 -> TableFieldSchema.Type.DOUBLE;
      case NUMERIC -> TableFieldSchema.Type.NUMERIC;
      case BOOL -> TableFieldSchema.Type.BOOL;
      case STRING -> TableFieldSchema.Type.STRING;
      case BYTES -> TableFieldSchema.Type.BYTES;
      case DATE -> TableFieldSchema.Type.DATE;
      case DATETIME -> TableFieldSchema.Type.DATETIME;
      case TIME -> TableFieldSchema.Type.TIME;
      case TIMESTAMP -> TableFieldSchema.Type.TIMESTAMP;
      case JSON -> TableFieldSchema.Type.JSON;
      case INTERVAL -> TableFieldSchema.Type.INTERVAL;
      case STRUCT -> TableFieldSchema.Type.STRUCT;
      case ARRAY -> throw new IllegalStateException("an array of arrays");
    };
  }
}
