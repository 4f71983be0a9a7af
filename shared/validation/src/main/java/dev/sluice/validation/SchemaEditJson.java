package dev.sluice.validation;

import com.google.gson.JsonDeserializationContext;
import com.google.gson.JsonDeserializer;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonSerializationContext;
import com.google.gson.JsonSerializer;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.TreeMap;

/** The JSON of {@link SchemaEdit}: the record's name as {@code edit}, then its components. */
final class SchemaEditJson implements JsonSerializer<SchemaEdit>, JsonDeserializer<SchemaEdit> {
  private static final String NAME = "edit";
  private static final Map<String, Class<?>> RECORDS = new TreeMap<>();

  static {
    for (Class<?> one : SchemaEdit.class.getPermittedSubclasses()) {
      RECORDS.put(one.getSimpleName(), one);
    }
  }

  @Override
  public JsonElement serialize(SchemaEdit edit, Type type, JsonSerializationContext context) {
    JsonObject json = new JsonObject();
    json.addProperty(NAME, edit.getClass().getSimpleName());
    context.serialize(edit, edit.getClass()).getAsJsonObject().asMap().forEach(json::add);
    return json;
  }

  @Override
  public SchemaEdit deserialize(JsonElement json, Type type, JsonDeserializationContext context) {
    JsonElement name = json.isJsonObject() ? json.getAsJsonObject().get(NAME) : null;
    Class<?> found =
        name == null || !name.isJsonPrimitive() ? null : RECORDS.get(name.getAsString());
    if (found == null) {
      throw new JsonParseException(
          "an edit of a schema must be an object with '"
              + NAME
              + "' one of "
              + String.join(", ", RECORDS.keySet())
              + ", not "
              + json);
    }
    return (SchemaEdit) context.<Object>deserialize(json, found);
  }
}
