package dev.sluice.localcloud.check;

import com.google.gson.annotations.SerializedName;
import dev.sluice.contracts.Json;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One value of a spec that is another now.
 *
 * @param key the top-level key
 * @param path the key, or the key and a member where both values are mappings: {@code checks.drift}
 * @param before as JSON, null where it was absent
 * @param after as JSON, null where it is absent
 * @param readBy the operations whose fingerprints it enters
 */
public record Change(
    String key,
    String path,
    @Nullable String before,
    @Nullable String after,
    @SerializedName("read_by") List<String> readBy) {
  public Change {
    readBy = List.copyOf(readBy);
  }

  /** Every value that differs, in the order of the new spec; what only the old one has follows. */
  public static List<Change> between(
      Map<String, @Nullable Object> before,
      Map<String, @Nullable Object> after,
      Operations operations) {
    List<Change> out = new ArrayList<>();
    Set<String> keys = new LinkedHashSet<>(after.keySet());
    keys.addAll(before.keySet());
    for (String key : keys) {
      Object old = before.get(key);
      Object now = after.get(key);
      if (Objects.equals(old, now)) {
        continue;
      }
      List<String> readBy =
          operations.all().stream()
              .filter(operation -> operation.reads().contains(key))
              .map(Operation::name)
              .toList();
      if (old instanceof Map<?, ?> from && now instanceof Map<?, ?> to) {
        Set<Object> members = new LinkedHashSet<>(to.keySet());
        members.addAll(from.keySet());
        for (Object member : members) {
          if (!Objects.equals(from.get(member), to.get(member))) {
            out.add(
                new Change(
                    key, key + "." + member, json(from.get(member)), json(to.get(member)), readBy));
          }
        }
      } else {
        out.add(new Change(key, key, json(old), json(now), readBy));
      }
    }
    return out;
  }

  private static @Nullable String json(@Nullable Object value) {
    return value == null ? null : Json.write(value);
  }
}
