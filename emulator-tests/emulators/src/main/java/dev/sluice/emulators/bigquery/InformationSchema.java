package dev.sluice.emulators.bigquery;

import com.google.gson.JsonElement;
import dev.sluice.emulators.bigquery.SqlType.Field;
import dev.sluice.emulators.bigquery.SqlType.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code dataset.INFORMATION_SCHEMA}: TABLES, COLUMNS and VIEWS. */
final class InformationSchema {
  private InformationSchema() {}

  static Translator.Source source(
      Store store, List<String> path, int at, String project, @Nullable JsonElement defaults) {
    List<String> prefix = new ArrayList<>(path.subList(0, at));
    prefix.add("-");
    String[] owner = Store.resolve(prefix, project, defaults);
    store.needDataset(owner[0], owner[1]);
    List<Store.Table> tables = store.tables(owner[0], owner[1]);
    String view = path.get(at + 1).toUpperCase(Locale.ROOT);
    List<String> rows = new ArrayList<>();
    List<Field> fields = new ArrayList<>(texts("table_catalog", "table_schema", "table_name"));
    switch (view) {
      case "TABLES" -> {
        fields.addAll(texts("table_type"));
        fields.add(Field.of("creation_time", SqlType.TIMESTAMP));
        for (Store.Table t : tables) {
          rows.add(
              key(t)
                  + (t.viewSql() == null ? ", 'BASE TABLE'" : ", 'VIEW'")
                  + ", make_timestamptz("
                  + t.meta().get("creationTime").getAsLong() * 1000
                  + ")");
        }
      }
      case "COLUMNS" -> {
        fields.addAll(texts("column_name"));
        fields.add(Field.of("ordinal_position", SqlType.INT64));
        fields.addAll(texts("is_nullable", "data_type"));
        for (Store.Table t : tables) {
          for (int i = 0; i < t.fields().size(); i++) {
            Field f = t.fields().get(i);
            boolean nullable = !f.required() && !f.type().is(Kind.ARRAY);
            rows.add(
                key(t)
                    + ", "
                    + Sql.string(f.name())
                    + ", "
                    + (i + 1)
                    + (nullable ? ", 'YES', " : ", 'NO', ")
                    + Sql.string(f.type().toString()));
          }
        }
      }
      case "VIEWS" -> {
        fields.addAll(texts("view_definition"));
        for (Store.Table t : tables) {
          if (t.viewSql() != null) {
            rows.add(key(t) + ", " + Sql.string(t.viewSql()));
          }
        }
      }
      default -> throw ApiError.notSpoken("INFORMATION_SCHEMA." + view);
    }
    String nulls =
        fields.stream()
            .map(f -> "CAST(NULL AS " + f.type().duck() + ")")
            .collect(Collectors.joining(", "));
    String names = fields.stream().map(Field::name).collect(Collectors.joining(", "));
    String union =
        rows.isEmpty()
            ? "SELECT * FROM (VALUES (" + nulls + ")) WHERE FALSE"
            : "VALUES (" + String.join("), (", rows) + ")";
    String casts =
        fields.stream()
            .map(f -> "CAST(" + f.name() + " AS " + f.type().duck() + ") AS " + f.name())
            .collect(Collectors.joining(", "));
    return new Translator.Source(
        view,
        "(SELECT " + casts + " FROM (" + union + ") AS i(" + names + "))",
        fields,
        null,
        owner[0]);
  }

  private static String key(Store.Table table) {
    return Sql.string(table.project())
        + ", "
        + Sql.string(table.dataset())
        + ", "
        + Sql.string(table.table());
  }

  private static List<Field> texts(String... names) {
    List<Field> out = new ArrayList<>();
    for (String name : names) {
      out.add(Field.of(name, SqlType.STRING));
    }
    return out;
  }
}
