package dev.sluice.contracts;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code dags/operations.yaml}: every operation, and the edges that takes and gives imply. */
public final class Operations {
  private static final List<String> KEYS =
      List.of(
          "function",
          "map_over",
          "expands",
          "takes",
          "gives",
          "reads",
          "teardown",
          "long",
          "group");

  private final Map<String, Operation> byName;
  private final Map<String, String> giver;

  private final Map<String, String> expander;

  private Operations(
      Map<String, Operation> byName, Map<String, String> giver, Map<String, String> expander) {
    this.byName = byName;
    this.giver = giver;
    this.expander = expander;
  }

  /**
   * @throws BadInput where a name is given twice or taken and never given, the edges make a circle,
   *     or an operation is mapped where nobody can say how often it is called
   */
  public static Operations parse(String text, String what) {
    Yaml yaml = Yaml.parse(text, what);
    Map<String, Operation> byName = new LinkedHashMap<>();
    Map<String, String> giver = new HashMap<>();
    Map<String, String> expander = new HashMap<>();
    for (String name : yaml.values().keySet()) {
      Yaml entry = yaml.child(name);
      if (entry == null) {
        throw yaml.refuse(name, "must be a mapping");
      }
      entry.only(KEYS);
      // How Airflow waits for the answer, which is nothing that is to be known here.
      entry.bool("long", false);
      checkGroup(entry, yaml.values().keySet());
      String function = entry.string("function");
      Map<String, Boolean> gives = gives(entry);
      Operation operation =
          new Operation(
              name,
              function == null ? name : function,
              kind(entry, "map_over"),
              kind(entry, "expands"),
              takes(entry),
              List.copyOf(gives.keySet()),
              lists(gives),
              entry.strings("reads"),
              Boolean.TRUE.equals(entry.values().get("teardown")));
      if (operation.isMapped() && operation.teardown()) {
        throw entry.refuse("map_over", "is of a teardown, which ends a run once; leave it out");
      }
      if (operation.isMapped() && !operation.lists().isEmpty()) {
        throw entry.refuse(
            "gives",
            "has a list, and each " + operation.mapOver() + " gives one uri; leave it out");
      }
      if (operation.expands() != null && (operation.isMapped() || operation.teardown())) {
        throw entry.refuse(
            "expands",
            "is of "
                + (operation.teardown() ? "a teardown, which comes last" : "a mapped operation")
                + "; only one that is called once can say how often others are");
      }
      String other = operation.expands() == null ? null : expander.put(operation.expands(), name);
      if (other != null) {
        throw entry.refuse(
            "expands", "is '" + operation.expands() + "', which " + other + " expands already");
      }
      byName.put(name, operation);
      for (String output : operation.gives()) {
        if (output.contains("#")) {
          throw entry.refuse("gives", "names '" + output + "'; what follows a # is a number");
        }
        String also = giver.put(output, name);
        if (also != null) {
          throw entry.refuse("gives", "names '" + output + "', which " + also + " gives already");
        }
      }
    }
    for (Operation operation : byName.values()) {
      for (String input : operation.takes().keySet()) {
        if (!giver.containsKey(input)) {
          throw yaml.refuse(
              operation.name(),
              "takes '"
                  + input
                  + "', which no operation gives; did you mean '"
                  + Names.nearest(input, giver.keySet())
                  + "'?");
        }
      }
    }
    Operations operations = new Operations(byName, giver, expander);
    operations.inOrder();
    for (Operation operation : byName.values()) {
      operations.checkMapped(operation, yaml);
    }
    return operations;
  }

  /** The frame in which Airflow draws it, which is nothing else that is to be known here. */
  private static void checkGroup(Yaml entry, Set<String> operations) {
    String group = entry.string("group");
    if (group == null) {
      return;
    }
    if (!Names.PIPELINE.matcher(group).matches()) {
      throw entry.refuse("group", "is '" + group + "'; it must match " + Names.PIPELINE);
    }
    if (operations.contains(group)) {
      throw entry.refuse(
          "group", "is '" + group + "', which is an operation; give the group another name");
    }
  }

  /** Somebody it takes from must say how often it is called. */
  private void checkMapped(Operation operation, Yaml yaml) {
    String kind = operation.mapOver();
    if (kind == null) {
      return;
    }
    String name = expander.get(kind);
    if (name == null) {
      throw yaml.refuse(
          operation.name(),
          "is mapped over '"
              + kind
              + "', and no operation says how often it is called; give the one that does 'expands: "
              + kind
              + "'");
    }
    if (!upstream(operation).contains(get(name))) {
      List<String> gives = get(name).gives();
      throw yaml.refuse(
          operation.name(),
          "is mapped over '"
              + kind
              + "', but takes nothing of "
              + name
              + ", which says how often it is called; take one of its outputs"
              + (gives.isEmpty() ? "" : ", such as '" + gives.getFirst() + "'"));
    }
  }

  private static @Nullable String kind(Yaml entry, String key) {
    String kind = entry.string(key);
    if (kind != null && !Operation.KINDS.contains(kind)) {
      throw entry.refuse(
          key, "is '" + kind + "'; did you mean '" + Names.nearest(kind, Operation.KINDS) + "'?");
    }
    return kind;
  }

  /** Every operation, in the file's order. */
  public Collection<Operation> all() {
    return java.util.Collections.unmodifiableCollection(byName.values());
  }

  /**
   * @throws BadInput where there is none of that name
   */
  public Operation get(String name) {
    Operation operation = byName.get(name);
    if (operation == null) {
      throw new BadInput(
          "there is no operation '"
              + name
              + "'; did you mean '"
              + Names.nearest(name, byName.keySet())
              + "'?");
    }
    return operation;
  }

  /** The operation that gives this output. */
  public Operation giver(String output) {
    @Nullable String name = giver.get(output);
    if (name == null) {
      throw new BadInput("no operation gives '" + output + "'");
    }
    return get(name);
  }

  /**
   * True where the operation takes any number of uris under this name, as {@code name#0} and so on:
   * its giver gives a list, or is mapped and it is not mapped over the same, so that each of the
   * giver's calls gave one.
   */
  public boolean isJoined(Operation operation, String input) {
    Operation from = giver(input);
    return from.lists().contains(input)
        || (from.isMapped() && !Objects.equals(from.mapOver(), operation.mapOver()));
  }

  /**
   * The operations that run only where there is something to map over, such as shards of a batch
   * that is cut: the mapped ones, and those that cannot do without what these give.
   */
  public Set<Operation> onlyWhereMapped() {
    Set<Operation> out = new LinkedHashSet<>();
    for (Operation operation : inOrder()) {
      if (operation.isMapped()
          || operation.takes().keySet().stream()
              .anyMatch(in -> !operation.isOptional(in) && out.contains(giver(in)))) {
        out.add(operation);
      }
    }
    return out;
  }

  /** The operations whose outputs this one takes, in the order of its inputs. */
  public Set<Operation> upstream(Operation operation) {
    Set<Operation> out = new LinkedHashSet<>();
    operation.takes().keySet().forEach(input -> out.add(giver(input)));
    return out;
  }

  /**
   * Givers before takers; operations that nothing orders stay in the file's order.
   *
   * @throws BadInput where the edges make a circle
   */
  public List<Operation> inOrder() {
    List<Operation> out = new ArrayList<>();
    Set<Operation> left = new LinkedHashSet<>(byName.values());
    while (!left.isEmpty()) {
      Operation next = null;
      for (Operation candidate : left) {
        if (java.util.Collections.disjoint(upstream(candidate), left)) {
          next = candidate;
          break;
        }
      }
      if (next == null) {
        throw new BadInput(
            "the operations "
                + String.join(", ", left.stream().map(Operation::name).toList())
                + " wait for each other");
      }
      out.add(next);
      left.remove(next);
    }
    return out;
  }

  private static Map<String, Boolean> takes(Yaml entry) {
    return names(entry, "takes", "optional", "[examples, {live_model: optional}]");
  }

  /** Outputs in order; true where one is a list. */
  private static Map<String, Boolean> gives(Yaml entry) {
    return names(entry, "gives", "list", "[batch, {baseline: list}]");
  }

  private static Set<String> lists(Map<String, Boolean> gives) {
    Set<String> out = new LinkedHashSet<>();
    gives.forEach((name, list) -> {
      if (list) {
        out.add(name);
      }
    });
    return out;
  }

  /** Names in order; true where one has that mark. */
  private static Map<String, Boolean> names(Yaml entry, String key, String mark, String example) {
    Map<String, Boolean> out = new LinkedHashMap<>();
    Object value = entry.values().get(key);
    if (value == null) {
      return out;
    }
    if (!(value instanceof List<?> list)) {
      throw entry.refuse(key, "must be a list, such as " + example);
    }
    for (Object element : list) {
      if (element instanceof String name) {
        out.put(name, false);
      } else if (element instanceof Map<?, ?> map && map.size() == 1 && map.containsValue(mark)) {
        out.put(String.valueOf(map.keySet().iterator().next()), true);
      } else {
        throw entry.refuse(key, "must hold names and {name: " + mark + "}, not " + element);
      }
    }
    return out;
  }
}
