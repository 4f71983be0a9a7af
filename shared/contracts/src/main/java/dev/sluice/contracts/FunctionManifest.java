package dev.sluice.contracts;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code functions/<name>/function.yaml}: the single description of a function that the local
 * cloud, the packaging, Terraform and the tests read.
 *
 * @param name the folder's name
 * @param entryPoint the class
 * @param trigger what calls it
 * @param memoryBytes of an instance
 * @param cpu of an instance
 * @param timeout of a call; at most 540 s for events and 3,600 s for HTTP
 * @param concurrency calls that one instance answers at once
 * @param minInstances kept warm
 * @param maxInstances at the most
 * @param environment variables, whose values may hold placeholders
 * @param secrets variables whose values are kept apart, each with the name of its secret; what
 *     stands in an environment is read by everybody who may look at the deployment
 * @param roles resource to roles
 * @param invokers who may call it
 */
public record FunctionManifest(
    String name,
    String entryPoint,
    Trigger trigger,
    long memoryBytes,
    double cpu,
    Duration timeout,
    int concurrency,
    int minInstances,
    int maxInstances,
    Map<String, String> environment,
    Map<String, String> secrets,
    Map<String, List<String>> roles,
    List<String> invokers) {
  /** What an environment value may name; anything else between braces is an error. */
  public static final List<String> PLACEHOLDERS =
      List.of(
          "artifacts_bucket",
          "composer_environment",
          "composer_url",
          "dataset",
          "inbox_bucket",
          "project",
          "serving_bucket",
          "webhook_hosts");

  /** What {@code secrets} may name: secrets of Secret Manager when deployed. */
  public static final List<String> SECRETS = List.of("webhook_url");

  private static final List<String> KEYS =
      List.of(
          "entry_point",
          "trigger",
          "memory",
          "cpu",
          "timeout",
          "concurrency",
          "min_instances",
          "max_instances",
          "environment",
          "secrets",
          "roles",
          "invokers");

  private static final Pattern VARIABLE = Pattern.compile("[A-Z][A-Z0-9_]{0,127}");
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]*)}");

  /** What calls a function. */
  public sealed interface Trigger {
    /** A plain request. */
    record Http() implements Trigger {}

    /** An object that was finalized in a bucket, as a CloudEvent. */
    record Storage(String bucket) implements Trigger {}

    /** A push subscription on a topic, with a dead letter after so many attempts. */
    record PubSub(String topic, int maxAttempts, Duration ackDeadline) implements Trigger {}

    /** A cron line. */
    record Schedule(String cron) implements Trigger {}
  }

  public FunctionManifest {
    environment = Map.copyOf(environment);
    secrets = Map.copyOf(secrets);
    roles = Map.copyOf(roles);
    invokers = List.copyOf(invokers);
  }

  /**
   * @param name the folder's name
   * @throws BadInput with the file, the line and the key
   */
  public static FunctionManifest parse(String name, String text) {
    Yaml yaml = Yaml.parse(text, "functions/" + name + "/function.yaml").only(KEYS);
    Trigger trigger = trigger(yaml);
    Duration timeout = duration(yaml, "timeout", Duration.ofSeconds(60));
    long most = trigger instanceof Trigger.Storage ? 540 : 3600;
    if (timeout.toSeconds() > most) {
      throw yaml.refuse("timeout", "is over the " + most + " s that its trigger allows");
    }
    double cpu = number(yaml, "cpu", 1);
    int concurrency = count(yaml, "concurrency", 1, /* least= */ 1);
    int minInstances = count(yaml, "min_instances", 0, /* least= */ 0);
    int maxInstances = count(yaml, "max_instances", 20, /* least= */ 1);
    if (minInstances > maxInstances) {
      throw yaml.refuse("min_instances", "is above max_instances, " + maxInstances);
    }
    if (concurrency > 1 && cpu < 1) {
      throw yaml.refuse("concurrency", "above 1 needs a cpu of at least 1");
    }
    return new FunctionManifest(
        name,
        yaml.requiredString("entry_point"),
        trigger,
        memory(yaml),
        cpu,
        timeout,
        concurrency,
        minInstances,
        maxInstances,
        environment(yaml),
        secrets(yaml),
        roles(yaml),
        yaml.strings("invokers"));
  }

  /** The names of all variables that the function gets, be they in the open or secret. */
  public Set<String> variables() {
    Set<String> out = new TreeSet<>(environment.keySet());
    out.addAll(secrets.keySet());
    return out;
  }

  /**
   * Every variable's value as the function sees it.
   *
   * @param placeholders placeholder to what stands for it; one that is not there is empty
   * @param vault secret to its value; one that is not there is empty
   */
  public Map<String, String> settings(Map<String, String> placeholders, Map<String, String> vault) {
    Map<String, String> out = new LinkedHashMap<>();
    secrets.forEach((key, secret) -> out.put(key, vault.getOrDefault(secret, "")));
    environment.forEach((key, value) ->
        out.put(
            key,
            PLACEHOLDER
                .matcher(value)
                .replaceAll(match ->
                    Matcher.quoteReplacement(placeholders.getOrDefault(match.group(1), "")))));
    return out;
  }

  private static Trigger trigger(Yaml yaml) {
    Yaml trigger = yaml.child("trigger");
    if (trigger == null || trigger.values().size() != 1) {
      throw yaml.refuse("trigger", "must be one of http, storage, pubsub, schedule");
    }
    trigger.only(List.of("http", "storage", "pubsub", "schedule"));
    Yaml storage = trigger.has("storage") ? trigger.child("storage") : null;
    if (storage != null) {
      storage.only(List.of("bucket", "event"));
      if (!"finalized".equals(storage.requiredString("event"))) {
        throw storage.refuse("event", "must be finalized");
      }
      return new Trigger.Storage(storage.requiredString("bucket"));
    }
    Yaml pubsub = trigger.has("pubsub") ? trigger.child("pubsub") : null;
    if (pubsub != null) {
      pubsub.only(List.of("topic", "max_attempts", "ack_deadline"));
      return new Trigger.PubSub(
          pubsub.requiredString("topic"),
          count(pubsub, "max_attempts", 5, /* least= */ 5),
          duration(pubsub, "ack_deadline", Duration.ofSeconds(60)));
    }
    if (trigger.has("schedule")) {
      return new Trigger.Schedule(trigger.requiredString("schedule"));
    }
    if (!trigger.has("http")) {
      throw yaml.refuse("trigger", "says nothing of its kind; an HTTP trigger is {http: {}}");
    }
    return new Trigger.Http();
  }

  private static int count(Yaml yaml, String key, int fallback, int least) {
    long value = yaml.integer(key, fallback);
    if (value < least || value > 1000) {
      throw yaml.refuse(key, "is " + value + "; it lies between " + least + " and 1000");
    }
    return (int) value;
  }

  private static long memory(Yaml yaml) {
    String text = yaml.requiredString("memory");
    Matcher matcher = Pattern.compile("([1-9][0-9]{0,5})(Mi|Gi)").matcher(text);
    if (!matcher.matches()) {
      throw yaml.refuse("memory", "is '" + text + "'; write it as 512Mi or 2Gi");
    }
    return Long.parseLong(matcher.group(1)) << (matcher.group(2).equals("Mi") ? 20 : 30);
  }

  private static double number(Yaml yaml, String key, double fallback) {
    Object value = yaml.values().get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Number number && number.doubleValue() > 0) {
      return number.doubleValue();
    }
    throw yaml.refuse(key, "must be a number above 0");
  }

  private static Duration duration(Yaml yaml, String key, Duration fallback) {
    String text = yaml.string(key);
    if (text == null) {
      return fallback;
    }
    if (!text.matches("[1-9][0-9]{0,5}s")) {
      throw yaml.refuse(key, "is '" + text + "'; write seconds, such as 900s");
    }
    return Duration.ofSeconds(Long.parseLong(text.substring(0, text.length() - 1)));
  }

  private static Map<String, String> environment(Yaml yaml) {
    Map<String, String> out = new LinkedHashMap<>();
    Yaml environment = yaml.child("environment");
    if (environment == null) {
      return out;
    }
    for (String key : environment.values().keySet()) {
      variable(environment, key);
      String value = environment.string(key);
      Matcher matcher = PLACEHOLDER.matcher(value == null ? "" : value);
      while (matcher.find()) {
        if (SECRETS.contains(matcher.group(1))) {
          throw environment.refuse(
              key,
              "names the secret ${"
                  + matcher.group(1)
                  + "}, which everybody who may look at the deployment would read; write 'secrets: {"
                  + key
                  + ": "
                  + matcher.group(1)
                  + "}'");
        }
        if (!PLACEHOLDERS.contains(matcher.group(1))) {
          throw environment.refuse(
              key,
              "names ${"
                  + matcher.group(1)
                  + "}; did you mean ${"
                  + Names.nearest(matcher.group(1), PLACEHOLDERS)
                  + "}?");
        }
      }
      if (value != null && PLACEHOLDER.matcher(value).replaceAll("").contains("${")) {
        throw environment.refuse(key, "is '" + value + "', where a '${' is not closed");
      }
      out.put(key, value == null ? "" : value);
    }
    return out;
  }

  private static Map<String, String> secrets(Yaml yaml) {
    Map<String, String> out = new LinkedHashMap<>();
    Yaml secrets = yaml.child("secrets");
    if (secrets == null) {
      return out;
    }
    Yaml environment = yaml.child("environment");
    for (String key : secrets.values().keySet()) {
      variable(secrets, key);
      if (environment != null && environment.values().containsKey(key)) {
        throw secrets.refuse(key, "stands in 'environment' too; remove it there");
      }
      String secret = secrets.string(key);
      if (secret == null || !SECRETS.contains(secret)) {
        throw secrets.refuse(
            key,
            "names the secret '"
                + secret
                + "', which is not known; known are "
                + String.join(", ", SECRETS));
      }
      out.put(key, secret);
    }
    return out;
  }

  private static void variable(Yaml variables, String key) {
    if (!VARIABLE.matcher(key).matches()) {
      throw variables.refuse(key, "is no variable's name, which must match " + VARIABLE.pattern());
    }
  }

  private static Map<String, List<String>> roles(Yaml yaml) {
    Map<String, List<String>> out = new LinkedHashMap<>();
    Yaml roles = yaml.child("roles");
    if (roles != null) {
      roles.only(
          List.of(
              "alarms",
              "artifacts",
              "inbox",
              "predictions",
              "project",
              "serving",
              "sources",
              "tables"));
      for (String resource : roles.values().keySet()) {
        out.put(resource, roles.strings(resource));
      }
    }
    return out;
  }
}
