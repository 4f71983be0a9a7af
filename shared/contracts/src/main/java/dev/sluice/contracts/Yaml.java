package dev.sluice.contracts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * A mapping from a YAML file (YAML 1.2, core schema: {@code no} is a string, {@code 010} is ten),
 * with the line of each key, so that whoever refuses a value can say where it stands. Values are
 * String, Long, Double, Boolean, null, List and Map. Repeated keys, aliases, more than 100,000
 * values and nesting deeper than 50 are refused before anything is built.
 */
public final class Yaml {
  private static final int MAX_VALUES = 100_000;
  private static final int MAX_DEPTH = 50;
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(s|m|h|d)");

  private final String what;
  private final int line;
  private final Map<String, @Nullable Object> values;
  private final Map<String, Integer> lines;
  private final Map<String, Yaml> children;

  private Yaml(String what, int line) {
    this.what = what;
    this.line = line;
    this.values = new LinkedHashMap<>();
    this.lines = new LinkedHashMap<>();
    this.children = new LinkedHashMap<>();
  }

  /**
   * @param text the file's text
   * @param what the file's name, for errors
   * @throws BadInput where the text is not one YAML mapping
   */
  public static Yaml parse(String text, String what) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(what)
            .setSchema(new CoreSchema())
            .setCodePointLimit(1 << 20)
            .build();
    Optional<Node> root;
    try {
      check(new Parse(settings).parseString(text), what);
      root = new Compose(settings).composeString(text);
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      throw new BadInput(what + " line " + line + ": " + e.getProblem(), e);
    } catch (YamlEngineException e) {
      throw new BadInput(what + " is not YAML: " + e.getMessage(), e);
    }
    if (root.isEmpty() || !(root.get() instanceof MappingNode mapping)) {
      throw new BadInput(what + " does not hold a YAML mapping of keys to values");
    }
    return new Walker(what).mapping(mapping, 1);
  }

  /** Refuses what would cost more than its length: the events come one by one, without a stack. */
  private static void check(Iterable<Event> events, String what) {
    int depth = 0;
    int values = 0;
    for (Event event : events) {
      String refusal = null;
      switch (event.getEventId()) {
        case Alias -> refusal = "aliases are not taken; write the value out";
        case MappingStart, SequenceStart -> {
          values++;
          depth++;
        }
        case MappingEnd, SequenceEnd -> depth--;
        case Scalar -> values++;
        default -> {}
      }
      if (depth > MAX_DEPTH) {
        refusal = "values are nested deeper than " + MAX_DEPTH;
      } else if (values > MAX_VALUES) {
        refusal = "there are more than " + MAX_VALUES + " values";
      }
      if (refusal != null) {
        int line = event.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
        throw new BadInput(what + " line " + line + ": " + refusal);
      }
    }
  }

  /** Plain values by key, in the file's order. */
  public Map<String, @Nullable Object> values() {
    return Collections.unmodifiableMap(values);
  }

  /** The mapping under a key, or null where the key is absent. */
  public @Nullable Yaml child(String key) {
    Yaml child = children.get(key);
    if (child == null && values.get(key) != null) {
      throw refuse(key, "must be a mapping of keys to values");
    }
    return child;
  }

  /** True where the key is there and not null. */
  public boolean has(String key) {
    return values.get(key) != null;
  }

  /**
   * @throws BadInput at the first key that is not known, naming its line and the nearest known one
   */
  public Yaml only(Collection<String> known) {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw refuse(
            key,
            "is not a known key; did you mean '"
                + Names.nearest(key, known)
                + "'? Known here: "
                + String.join(", ", known));
      }
    }
    return this;
  }

  /** The text under a key, or null where absent. */
  public @Nullable String string(String key) {
    Object value = values.get(key);
    if (value == null) {
      return null;
    }
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      return value.toString();
    }
    throw refuse(key, "must be text");
  }

  /** The text under a key that must be there. */
  public String requiredString(String key) {
    String value = string(key);
    if (value == null || value.isEmpty()) {
      throw new BadInput(what + " line " + line + ": key '" + key + "' is missing");
    }
    return value;
  }

  /** The whole number under a key, or the given one where absent. */
  public long integer(String key, long fallback) {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Long number) {
      return number;
    }
    throw refuse(key, "must be a whole number, not '" + value + "'");
  }

  /** The whole number under a key within bounds, or the given one where absent. */
  public int integer(String key, int fallback, int least, int most) {
    long value = integer(key, fallback);
    if (value < least || value > most) {
      throw refuse(key, "is " + value + "; it must lie between " + least + " and " + most);
    }
    return (int) value;
  }

  /** The number under a key, or the given one where absent. */
  public double number(String key, double fallback) {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw refuse(key, "must be a number, not '" + value + "'");
  }

  /** True or false as the key says, or the given one where absent. */
  public boolean bool(String key, boolean fallback) {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Boolean bool) {
      return bool;
    }
    throw refuse(key, "must be true or false, not '" + value + "'");
  }

  /** The length of time under a key, such as {@code 90s}, {@code 5m}, {@code 2h} or {@code 1d}. */
  public Duration duration(String key, Duration fallback) {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    Matcher matcher = DURATION.matcher(value.toString());
    if (!matcher.matches()) {
      throw refuse(
          key, "is '" + value + "'; give a number and a unit: s, m, h or d, such as 90s or 5m");
    }
    long count = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }

  /** One of the given words under a key, or the first of them where absent. */
  public String choice(String key, String... words) {
    String value = string(key);
    if (value == null) {
      return words[0];
    }
    List<String> known = List.of(words);
    if (!known.contains(value)) {
      throw refuse(
          key,
          "is '"
              + value
              + "'; did you mean '"
              + Names.nearest(value, known)
              + "'? It takes "
              + String.join(", ", known));
    }
    return value;
  }

  /** The texts under a key; none where absent. */
  public List<String> strings(String key) {
    Object value = values.get(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw refuse(key, "must be a list, such as [a, b]");
    }
    List<String> out = new ArrayList<>();
    for (Object element : list) {
      if (element == null || element instanceof List<?> || element instanceof Map<?, ?>) {
        throw refuse(key, "must be a list of plain values");
      }
      out.add(element.toString());
    }
    return List.copyOf(out);
  }

  /**
   * Hands the values to a reader of another module and adds the place to what it refuses: the line
   * of the key that the refusal quotes, else of this mapping.
   */
  public <T> T bind(Function<Map<String, @Nullable Object>, T> reader) {
    try {
      return reader.apply(values());
    } catch (BadInput e) {
      String message = String.valueOf(e.getMessage());
      int at = line;
      for (Map.Entry<String, Integer> key : lines.entrySet()) {
        if (message.contains("'" + key.getKey() + "'")) {
          at = key.getValue();
          break;
        }
      }
      throw new BadInput(what + " line " + at + ": " + message, e);
    }
  }

  /** A refusal of the value under a key, with its place. */
  public BadInput refuse(String key, String sentence) {
    return new BadInput(
        what + " line " + lines.getOrDefault(key, line) + ": key '" + key + "' " + sentence);
  }

  private static final class Walker {
    private final String what;

    Walker(String what) {
      this.what = what;
    }

    Yaml mapping(MappingNode node, int line) {
      Yaml out = new Yaml(what, line);
      for (NodeTuple tuple : node.getValue()) {
        int at = line(tuple.getKeyNode());
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
          throw new BadInput(what + " line " + at + ": a key must be plain text");
        }
        if (out.values.containsKey(key.getValue())) {
          throw new BadInput(
              what
                  + " line "
                  + at
                  + ": key '"
                  + key.getValue()
                  + "' stands twice (first on line "
                  + out.lines.get(key.getValue())
                  + "); remove one");
        }
        out.lines.put(key.getValue(), at);
        if (tuple.getValueNode() instanceof MappingNode child) {
          Yaml nested = mapping(child, at);
          out.children.put(key.getValue(), nested);
          out.values.put(key.getValue(), nested.values());
        } else {
          out.values.put(key.getValue(), value(tuple.getValueNode()));
        }
      }
      return out;
    }

    private @Nullable Object value(Node node) {
      if (node instanceof MappingNode mapping) {
        return mapping(mapping, line(node)).values();
      }
      if (node instanceof SequenceNode sequence) {
        List<@Nullable Object> out = new ArrayList<>();
        for (Node element : sequence.getValue()) {
          out.add(value(element));
        }
        return Collections.unmodifiableList(out);
      }
      return scalar((ScalarNode) node);
    }

    private @Nullable Object scalar(ScalarNode node) {
      String text = node.getValue();
      try {
        if (node.getTag().equals(Tag.NULL)) {
          return null;
        } else if (node.getTag().equals(Tag.BOOL)) {
          return Boolean.valueOf(text);
        } else if (node.getTag().equals(Tag.INT)) {
          return text.startsWith("0x")
              ? Long.parseLong(text.substring(2), 16)
              : text.startsWith("0o") ? Long.parseLong(text.substring(2), 8) : Long.parseLong(text);
        } else if (node.getTag().equals(Tag.FLOAT)) {
          return switch (text.toLowerCase(Locale.ROOT)) {
            case ".inf", "+.inf" -> Double.POSITIVE_INFINITY;
            case "-.inf" -> Double.NEGATIVE_INFINITY;
            case ".nan" -> Double.NaN;
            default -> Double.valueOf(text);
          };
        }
      } catch (NumberFormatException e) {
        throw new BadInput(
            what + " line " + line(node) + ": '" + text + "' is not a number that fits", e);
      }
      return text;
    }

    private static int line(Node node) {
      return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }
  }
}
