package dev.sluice.localcloud.check;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.BaselineRule;
import dev.sluice.contracts.PipelineSpec;
import dev.sluice.evaluation.Gates;
import dev.sluice.models.TrainConfig;
import dev.sluice.transform.FeatureSpec;
import dev.sluice.validation.ChecksParser;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All that is wrong with a spec. A reader stops at the first mistake, so each key is also read by
 * itself, at its own line, with those that it is read together with.
 */
public final class SpecProblems {
  private static final List<Set<String>> TOGETHER =
      List.of(
          Set.of("engine", "shards"),
          Set.of("split", "split_key"),
          Set.of("schedule", "span_format", "after"));

  private static final Pattern KEY =
      Pattern.compile("([\"']?)([^\\s\"'#\\-:{\\[][^\"':]*)\\1\\s*:.*");

  private SpecProblems() {}

  /**
   * @param pipeline the pipeline's name
   * @param text the spec
   * @return a sentence each, with file, line and key; none where the spec is right
   */
  public static List<String> of(String pipeline, String text) {
    String first = refusal(pipeline, text);
    if (first == null) {
      return List.of();
    }
    List<String> lines = text.lines().toList();
    Map<String, List<Integer>> places = places(lines);
    Set<String> problems = new LinkedHashSet<>();
    if (!places.isEmpty() && !places.containsKey("label")) {
      add(problems, refusal(pipeline, "{}"));
    }
    for (String key : places.keySet()) {
      Set<String> group =
          TOGETHER.stream().filter(keys -> keys.contains(key)).findFirst().orElse(Set.of(key));
      add(problems, refusal(pipeline, alone(lines, places, group)));
    }
    // What no key has by itself, such as a line that is no YAML.
    if (problems.stream().noneMatch(first::equals)) {
      List<String> all = new ArrayList<>(List.of(first));
      all.addAll(problems);
      return places.size() > 1 && isYaml(pipeline, text) ? all : List.of(first);
    }
    return List.copyOf(problems);
  }

  private static boolean isYaml(String pipeline, String text) {
    try {
      dev.sluice.contracts.Yaml.parse(text, pipeline);
      return true;
    } catch (BadInput e) {
      return false;
    }
  }

  private static void add(Set<String> problems, @Nullable String problem) {
    if (problem != null) {
      problems.add(problem);
    }
  }

  /** The lines of each top-level key, from 0; empty for a mapping in braces. */
  private static Map<String, List<Integer>> places(List<String> lines) {
    Map<String, List<Integer>> out = new LinkedHashMap<>();
    List<Integer> current = null;
    for (int i = 0; i < lines.size(); i++) {
      Matcher key = KEY.matcher(lines.get(i));
      if (key.matches()) {
        current = out.computeIfAbsent(key.group(2).strip(), _ -> new ArrayList<>());
      }
      if (current != null) {
        current.add(i);
      }
    }
    return out;
  }

  /** The spec with those keys alone, each where it stands, and a label that is right. */
  private static String alone(
      List<String> lines, Map<String, List<Integer>> places, Set<String> keys) {
    String[] out = new String[lines.size()];
    java.util.Arrays.fill(out, "");
    keys.forEach(
        key -> places.getOrDefault(key, List.of()).forEach(line -> out[line] = lines.get(line)));
    return String.join("\n", out) + (keys.contains("label") ? "\n" : "\nlabel: x\n");
  }

  /** What the first reader says that refuses it, or null. */
  private static @Nullable String refusal(String pipeline, String text) {
    try {
      PipelineSpec spec = PipelineSpec.parse(pipeline, text);
      spec.section("checks", ChecksParser::parse);
      spec.section("checks", checks -> BaselineRule.parse(checks.get("baseline")));
      spec.section("features", FeatureSpec::parse);
      spec.section("train", TrainConfig::parse);
      spec.section("gates", Gates::from);
      return null;
    } catch (BadInput e) {
      return String.valueOf(e.getMessage());
    }
  }
}
