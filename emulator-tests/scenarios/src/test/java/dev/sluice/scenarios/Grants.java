package dev.sluice.scenarios;

import dev.sluice.contracts.FunctionManifest;
import dev.sluice.contracts.Yaml;
import dev.sluice.localcloud.Home;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What functions are granted, and what their code needs. A grant is written {@code resource.word},
 * as in {@code serving.objectViewer}: the words of a manifest's {@code roles}, whose meaning is in
 * {@code terraform/roles.yaml}.
 */
final class Grants {
  /**
   * What each place that reads or writes objects, or publishes, needs: bytecode tells that it does,
   * not which bucket or topic. Who writes also reads: where somebody else was first, the client
   * looks at what is there.
   */
  private static final Map<String, Set<String>> PLACES =
      Map.ofEntries(
          Map.entry("BatchFiles.objects", Set.of("inbox.objectViewer")),
          Map.entry("BatchFiles.requireLive", Set.of("inbox.objectViewer")),
          Map.entry("BatchFiles$PinnedObject.open", Set.of("inbox.objectViewer")),
          Map.entry("Batches.choose", Set.of("artifacts.objectCreator", "artifacts.objectViewer")),
          Map.entry("Batches.chosen", Set.of("artifacts.objectViewer")),
          Map.entry("Batches.inbox", Set.of("inbox.objectViewer")),
          Map.entry("Batches.newest", Set.of("inbox.objectViewer")),
          Map.entry("Batches.store", Set.of("artifacts.objectCreator", "artifacts.objectViewer")),
          Map.entry("EvaluateStage.predictor", Set.of("artifacts.objectViewer")),
          Map.entry("IngestStage.join", Set.of("artifacts.objectViewer")),
          Map.entry("IngestStage.report", Set.of("artifacts.objectViewer")),
          Map.entry("Output.addLeft", Set.of("artifacts.objectViewer")),
          Map.entry("Output.copy", Set.of("artifacts.objectCreator", "artifacts.objectViewer")),
          Map.entry("Output.create", Set.of("artifacts.objectCreator", "artifacts.objectViewer")),
          Map.entry("Output.write", Set.of("artifacts.objectCreator", "artifacts.objectViewer")),
          Map.entry("Platform.alarm", Set.of("alarms.publisher")),
          Map.entry("Platform.findBatch", Set.of("artifacts.objectViewer")),
          Map.entry("Platform.findPins", Set.of("artifacts.objectViewer")),
          Map.entry("Platform.findSpec", Set.of("serving.objectViewer")),
          Map.entry("Platform.spec", Set.of("serving.objectViewer")),
          Map.entry("Platform.specs", Set.of("serving.objectViewer")),
          Map.entry("PredictionLog.publish", Set.of("predictions.publisher")),
          Map.entry("Reception.await", Set.of("inbox.objectViewer")),
          Map.entry("Registries.parse", Set.of("serving.objectViewer")),
          Map.entry("Registries.read", Set.of("serving.objectViewer")),
          Map.entry("Registries.route", Set.of("serving.objectViewer", "serving.routesUser")),
          // What it swaps is known to who calls it: route and update.
          Map.entry("Registries.swap", Set.of("serving.objectViewer")),
          Map.entry("Registries.update", Set.of("serving.registryUser")),
          Map.entry("ReleaseAction.checkBlessing", Set.of("artifacts.objectViewer")),
          Map.entry("ReleaseAction.copy", Set.of("serving.objectCreator", "serving.objectViewer")),
          Map.entry(
              "ReleaseAction.copyAll",
              Set.of("artifacts.objectViewer", "serving.objectCreator", "serving.objectViewer")),
          Map.entry("ResolveAction.documents", Set.of("artifacts.objectViewer")),
          Map.entry(
              "ResolveAction.pin", Set.of("artifacts.objectCreator", "artifacts.objectViewer")),
          Map.entry("ResolveAction.read", Set.of("artifacts.objectViewer")),
          Map.entry("ResolveAction.schemaGeneration", Set.of("serving.objectViewer")),
          Map.entry("SealedArtifact.download", Set.of("artifacts.objectViewer")),
          Map.entry("SealedArtifact.of", Set.of("artifacts.objectViewer")),
          Map.entry("SealedArtifact.read", Set.of("artifacts.objectViewer")),
          Map.entry("SealedArtifact.verified", Set.of("artifacts.objectViewer")),
          Map.entry("StageCall.download", Set.of("artifacts.objectViewer")),
          Map.entry("StageCall.read", Set.of("artifacts.objectViewer")),
          Map.entry("StageEndpoint.find", Set.of("artifacts.objectViewer")),
          Map.entry(
              "StageEndpoint.seal", Set.of("artifacts.objectCreator", "artifacts.objectViewer")),
          Map.entry("TrainStage.report", Set.of("artifacts.objectViewer")),
          Map.entry("ValidateDataStage.givenSchema", Set.of("serving.objectViewer")),
          Map.entry("ValidateDataStage.relations", Set.of("artifacts.objectViewer")),
          Map.entry("ValidateDataStage.schema", Set.of("serving.objectViewer")),
          Map.entry("VersionLoader.load", Set.of("serving.objectViewer")),
          Map.entry("VersionLoader.routes", Set.of("serving.objectViewer")),
          Map.entry("VersionLoader.routesGeneration", Set.of("serving.objectViewer")),
          Map.entry("VersionLoader.verified", Set.of("serving.objectViewer")),
          Map.entry("WindowCloser.claimed", Set.of("serving.objectViewer")),
          Map.entry(
              "WindowCloser.start", Set.of("artifacts.objectCreator", "artifacts.objectViewer")),
          Map.entry("WindowCloser.write", Set.of("serving.streamUser")));

  /** Those that are told by their callers and touch nothing themselves. */
  private static final Set<String> INDIRECT = Set.of("Registries.update");

  /** What a call needs wherever it stands. */
  private static final Map<String, Set<String>> CALLS =
      Map.ofEntries(
          Map.entry("Composer.cancel", Set.of("project.composer.user")),
          Map.entry("Composer.pause", Set.of("project.composer.user")),
          Map.entry("Composer.run", Set.of("project.composer.user")),
          Map.entry("Composer.tasks", Set.of("project.composer.user")),
          Map.entry("Composer.trigger", Set.of("project.composer.user")),
          Map.entry("Composer.unpause", Set.of("project.composer.user")),
          Map.entry("Facts.append", Set.of("tables.dataEditor")),
          Map.entry("Facts.query", Set.of("tables.dataEditor", "project.bigquery.jobUser")),
          Map.entry("Queries.appendJob", Set.of("tables.dataEditor", "project.bigquery.jobUser")),
          Map.entry("Queries.query", Set.of("tables.dataEditor", "project.bigquery.jobUser")),
          Map.entry("RowWriter.append", Set.of("tables.dataEditor")),
          Map.entry(
              "Tables.materialize",
              Set.of("tables.dataEditor", "sources.dataViewer", "project.bigquery.jobUser")),
          Map.entry(
              "Tables.open", Set.of("sources.dataViewer", "project.bigquery.readSessionUser")),
          Map.entry(
              "Tables.read", Set.of("sources.dataViewer", "project.bigquery.readSessionUser")),
          Map.entry("Tables.snapshot", Set.of("sources.dataViewer", "project.bigquery.jobUser")));

  private static final Set<String> PORTS =
      Set.of("Composer", "Facts", "Messages", "ObjectStore", "Queries", "RowWriter", "Tables");

  /**
   * A role on a kind of resource.
   *
   * @param condition in CEL, or null
   */
  record Role(String kind, String name, String role, @Nullable String condition, String why) {}

  private Grants() {}

  /** {@code terraform/roles.yaml}: every grant that a manifest may name. */
  static Map<String, Role> roles(Home home) {
    Yaml file;
    try {
      file =
          Yaml.parse(
              Files.readString(home.root().resolve("terraform/roles.yaml")),
              "terraform/roles.yaml");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, Role> out = new LinkedHashMap<>();
    for (String resource : file.values().keySet()) {
      Yaml entry =
          Objects.requireNonNull(file.child(resource)).only(List.of("kind", "name", "words"));
      Yaml words = Objects.requireNonNull(entry.child("words"));
      for (String word : words.values().keySet()) {
        Yaml grant =
            Objects.requireNonNull(words.child(word)).only(List.of("role", "condition", "why"));
        String name = entry.string("name");
        out.put(
            resource + "." + word,
            new Role(
                entry.requiredString("kind"),
                name == null ? resource : name,
                grant.requiredString("role"),
                grant.string("condition"),
                grant.requiredString("why")));
      }
    }
    return out;
  }

  /** The grants that a manifest names. */
  static Set<String> of(FunctionManifest manifest) {
    Set<String> out = new TreeSet<>();
    manifest
        .roles()
        .forEach((resource, words) -> words.forEach(word -> out.add(resource + "." + word)));
    return out;
  }

  /**
   * What a function needs, each grant with the places that need it.
   *
   * @param reach what its code can reach
   * @throws IllegalArgumentException where a place is new, with what to do
   */
  static Map<String, Set<String>> needed(FunctionManifest.Trigger trigger, CallGraph.Reach reach) {
    Map<String, Set<String>> out = new TreeMap<>();
    if (trigger instanceof FunctionManifest.Trigger.Storage) {
      out.computeIfAbsent("project.eventarc.eventReceiver", key -> new TreeSet<>())
          .add("the trigger");
    }
    for (String place : INDIRECT) {
      if (reach.methods().contains(place)) {
        place(place, "others")
            .forEach(grant -> out.computeIfAbsent(grant, key -> new TreeSet<>()).add(place));
      }
    }
    reach
        .edges()
        .forEach((place, calls) -> {
          Set<String> needs = new TreeSet<>();
          for (String call : calls) {
            String port = call.substring(0, call.indexOf('.'));
            if (!PORTS.contains(port)) {
              continue;
            }
            if (port.equals("ObjectStore") || port.equals("Messages")) {
              needs.addAll(place(place, call));
            } else {
              Set<String> known = CALLS.get(call);
              if (known == null) {
                throw new IllegalArgumentException(
                    place + " calls " + call + "; say in Grants.CALLS what that needs");
              }
              needs.addAll(known);
            }
          }
          needs.forEach(grant -> out.computeIfAbsent(grant, key -> new TreeSet<>()).add(place));
        });
    return out;
  }

  private static Set<String> place(String place, String call) {
    Set<String> known = PLACES.get(place);
    if (known == null) {
      throw new IllegalArgumentException(
          place + " calls " + call + "; say in Grants.PLACES on which bucket or topic");
    }
    return known;
  }

  /** Sentences of what is granted and not needed, or needed and not granted. */
  static List<String> complaints(
      String function, Set<String> granted, Map<String, Set<String>> needed) {
    List<String> out = new ArrayList<>();
    String file = "functions/" + function + "/function.yaml";
    for (String grant : granted) {
      if (!needed.containsKey(grant)) {
        out.add(file + " grants " + grant + ", which nothing that it can reach needs");
      }
    }
    needed.forEach((grant, places) -> {
      if (!granted.contains(grant)) {
        out.add(file + " lacks " + grant + ", which is needed by " + String.join(", ", places));
      }
    });
    return out;
  }

  /** Every place that is told of. */
  static Set<String> places() {
    return PLACES.keySet();
  }
}
