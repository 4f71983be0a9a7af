package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.contracts.Operation;
import dev.sluice.emulators.bigquery.BigQueryEmulator;
import dev.sluice.localcloud.Home;
import dev.sluice.localcloud.Launcher;
import java.io.IOException;
import java.lang.classfile.ClassModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds what is deployed, manifests and Terraform, to what the code does. */
final class DeploymentTest {
  private static final Home HOME = Home.find();
  private static final Map<String, CallGraph.Reach> REACH = new ConcurrentHashMap<>();

  /** How long Composer waits for a stage: dags/sluice/factory.py and the local Composer agree. */
  private static final Duration CALL = Duration.ofHours(1);

  /** Cloud Scheduler's longest attempt. */
  private static final Duration ATTEMPT = Duration.ofMinutes(30);

  static List<Named<FunctionManifest>> manifests() throws IOException {
    return HouseTest.manifests();
  }

  // A function may do what its code does.

  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void aFunctionIsGrantedWhatItsCodeNeedsAndNothingElse(FunctionManifest manifest)
      throws IOException {
    assertThat(
            Grants.complaints(
                manifest.name(),
                Grants.of(manifest),
                Grants.needed(manifest.trigger(), reach(manifest))))
        .isEmpty();
  }

  @Test
  void aGrantThatNothingNeedsIsToldAndSoIsOneThatIsMissing() {
    CallGraph.Reach reach =
        new CallGraph.Reach(
            Set.of("Registries.update"), Map.of("Platform.report", Set.of("Facts.append")));
    assertThat(
            Grants.complaints(
                "train",
                Set.of("serving.registryUser", "serving.objectCreator"),
                Grants.needed(new FunctionManifest.Trigger.Http(), reach)))
        .containsExactly(
            "functions/train/function.yaml grants serving.objectCreator, which nothing that it can"
                + " reach needs",
            "functions/train/function.yaml lacks tables.dataEditor, which is needed by"
                + " Platform.report");
  }

  @Test
  void aNewPlaceThatTouchesABucketMustSayWhich() {
    CallGraph.Reach reach =
        new CallGraph.Reach(Set.of(), Map.of("NewStage.make", Set.of("ObjectStore.write")));
    assertThatThrownBy(() -> Grants.needed(new FunctionManifest.Trigger.Http(), reach))
        .hasMessage(
            "NewStage.make calls ObjectStore.write; say in Grants.PLACES on which bucket or topic");
  }

  @Test
  void everyPlaceThatIsToldOfIsStillThere() throws IOException {
    Set<String> gone = new TreeSet<>(Grants.places());
    for (FunctionManifest manifest : HOME.manifests()) {
      gone.removeAll(reach(manifest).methods());
    }
    assertThat(gone).isEmpty();
  }

  @Test
  void everyRoleHasAMeaningAndEveryMeaningARole() throws IOException {
    Set<String> named = new TreeSet<>();
    for (FunctionManifest manifest : HOME.manifests()) {
      named.addAll(Grants.of(manifest));
    }
    assertThat(named).isEqualTo(new TreeSet<>(Grants.roles(HOME).keySet()));
  }

  @Test
  void noRoleIsBroaderThanItsResource() {
    assertThat(Grants.roles(HOME))
        .allSatisfy((grant, role) -> {
          assertThat(role.role())
              .startsWith("roles/")
              .doesNotMatch("roles/(owner|editor|viewer)|.*[aA]dmin|.*dataOwner");
          assertThat(role.why()).endsWith(".");
          // Whoever may replace objects may replace those that are named, and no others.
          assertThat(role.condition() != null)
              .as(grant)
              .isEqualTo(role.role().equals("roles/storage.objectUser"));
        });
  }

  @Test
  void onTheWholeProjectTerraformGrantsToGooglesAgentsAndToBuildsOnly() throws IOException {
    Set<String> roles = new TreeSet<>();
    Pattern resource =
        Pattern.compile(
            "(?m)^resource \"google_project_iam_\\w+\" \"(\\w+)\" \\{\n(?:  .*\n|\n)*?  role +=(.*)$");
    for (Path file : terraform()) {
      resource
          .matcher(Files.readString(file))
          .results()
          .forEach(found -> roles.add(found.group(1) + ":" + found.group(2).strip()));
    }
    assertThat(roles)
        .containsExactly(
            "build:\"roles/logging.logWriter\"",
            // Under a condition: the buckets that Cloud Functions keeps sources in.
            "build_sources:\"roles/storage.objectUser\"",
            "composer:\"roles/composer.worker\"",
            "eventarc:\"roles/eventarc.serviceAgent\"",
            "functions:each.value.role",
            "storage_events:\"roles/pubsub.publisher\"");
  }

  @Test
  void nothingIsPublic() throws IOException {
    for (Path file : terraform()) {
      assertThat(withoutComments(Files.readString(file)).lines().toList())
          .as(file.toString())
          .filteredOn(line -> line.contains("allUsers") || line.contains("allAuthenticatedUsers"))
          .allMatch(line -> line.contains("error_message"));
    }
  }

  // Terraform reads the folders; nothing is listed a second time.

  @Test
  void terraformNamesNoFunction() throws IOException {
    List<String> names = HOME.manifests().stream().map(FunctionManifest::name).toList();
    for (Path file : terraform()) {
      String code = withoutComments(Files.readString(file));
      // Functions whose names are words that mean other things too are told by their quotes.
      assertThat(names)
          .as(file.toString())
          .noneMatch(name -> name.contains("-") && code.contains("\"" + name + "\""));
    }
    assertThat(text("manifests/main.tf")).contains("fileset(var.folder, \"*/function.yaml\")");
  }

  @Test
  void terraformFillsEveryPlaceholderAndEverySecret() throws IOException {
    assertThat(keys(text("locals.tf"), "placeholders"))
        .containsExactlyInAnyOrderElementsOf(FunctionManifest.PLACEHOLDERS);
    assertThat(keys(text("locals.tf"), "secrets"))
        .containsExactlyInAnyOrderElementsOf(FunctionManifest.SECRETS);
  }

  @Test
  void everyPlaceholderIsUsed() throws IOException {
    String all =
        HOME.manifests().stream()
            .map(manifest -> manifest.environment().values().toString())
            .collect(Collectors.joining());
    assertThat(FunctionManifest.PLACEHOLDERS)
        .allMatch(placeholder -> all.contains("${" + placeholder + "}"));
  }

  // Sizes and times fit.

  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void nobodyGivesUpBeforeTheFunctionDoes(FunctionManifest manifest) {
    boolean stage =
        HOME.readOperations().all().stream()
            .map(Operation::function)
            .anyMatch(manifest.name()::equals);
    if (stage) {
      assertThat(manifest.timeout()).as("Composer's call").isLessThanOrEqualTo(CALL);
    }
    switch (manifest.trigger()) {
      case FunctionManifest.Trigger.Schedule _ ->
          assertThat(manifest.timeout()).as("Scheduler's attempt").isLessThanOrEqualTo(ATTEMPT);
      case FunctionManifest.Trigger.PubSub pubsub -> {
        assertThat(manifest.timeout())
            .as("a message that is still worked on is not delivered again")
            .isLessThanOrEqualTo(pubsub.ackDeadline());
        assertThat(pubsub.ackDeadline()).isBetween(Duration.ofSeconds(10), Duration.ofMinutes(10));
      }
      case FunctionManifest.Trigger.Storage _ ->
          assertThat(manifest.timeout()).as("Eventarc").isLessThanOrEqualTo(Duration.ofMinutes(9));
      case FunctionManifest.Trigger.Http _ -> {}
    }
  }

  /** Cloud Run's "Memory limits" and "CPU limits" for services. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void theMemoryIsOneThatTheCpusMayHave(FunctionManifest manifest) {
    assertThat(memoryFits(manifest.memoryBytes(), manifest.cpu())).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "512, 1, true",
    "4096, 1, true",
    "4097, 1, false",
    "8192, 2, true",
    "8193, 2, false",
    "1024, 4, false",
    "2048, 4, true",
    "16384, 4, true",
    "1024, 3, false"
  })
  void memoryAndCpusGoTogether(long mebibytes, double cpu, boolean fits) {
    assertThat(memoryFits(mebibytes << 20, cpu)).isEqualTo(fits);
  }

  private static boolean memoryFits(long bytes, double cpu) {
    Map<Double, long[]> limits =
        Map.of(
            1.0, new long[] {512, 4096},
            2.0, new long[] {512, 8192},
            4.0, new long[] {2048, 16_384},
            6.0, new long[] {4096, 24_576},
            8.0, new long[] {4096, 32_768});
    long[] limit = limits.get(cpu);
    return limit != null && bytes >> 20 >= limit[0] && bytes <= limit[1] << 20;
  }

  // Tables and views are those that the code writes and reads.

  @Test
  void everyTableThatTheCodeWritesHasASchema() throws IOException {
    Set<String> logs =
        tables().keySet().stream()
            .filter(table -> table.endsWith("_log"))
            .map(table -> table.substring(0, table.length() - "_log".length()))
            .collect(Collectors.toCollection(TreeSet::new));
    // Names of facts are constants beside the constructor.
    Set<String> written = new TreeSet<>();
    for (FunctionManifest manifest : HOME.manifests()) {
      for (ClassModel model : HouseTest.sluiceClasses(manifest)) {
        written.addAll(factTables(model));
      }
    }
    assertThat(written).isEqualTo(logs);
  }

  @Test
  void everyColumnIsWrittenBySomeFunction() throws IOException {
    Set<String> words = new TreeSet<>(Set.of("row_key", "updated_at"));
    for (FunctionManifest manifest : HOME.manifests()) {
      for (ClassModel model : HouseTest.sluiceClasses(manifest)) {
        texts(model).forEach(text -> words.addAll(List.of(text.split("[^A-Za-z0-9_]+", -1))));
      }
    }
    Set<String> unwritten = new TreeSet<>();
    tables()
        .forEach((table, columns) ->
            columns.keySet().stream()
                .filter(column -> !words.contains(column))
                .forEach(column -> unwritten.add(table + "." + column)));
    assertThat(unwritten).isEmpty();
  }

  @Test
  void logsBeginWithTheirKeyAndTime() throws IOException {
    tables()
        .forEach((table, columns) -> {
          if (table.endsWith("_log")) {
            assertThat(columns.entrySet().stream().limit(2).map(Map.Entry::toString))
                .as(table)
                .containsExactly("row_key=STRING REQUIRED", "updated_at=TIMESTAMP REQUIRED");
            assertThat(columns).as(table).containsKey("pipeline");
          }
        });
  }

  @Test
  void viewsReadColumnsThatAreThere(@TempDir Path folder) throws IOException {
    try (BigQueryEmulator bigquery =
        BigQueryEmulator.start(folder, /* port= */ 0, "sluice-views")) {
      bigquery.createFrom(HOME.tables(), HOME.views(), "sluice");
    }
  }

  @Test
  void aViewOfAColumnThatIsNotThereIsRefused(@TempDir Path folder) throws IOException {
    Path views = Files.createDirectory(folder.resolve("views"));
    Files.writeString(
        views.resolve("batches.sql"), "SELECT moon FROM `${project}.${dataset}.batches_log`");
    try (BigQueryEmulator bigquery =
        BigQueryEmulator.start(folder.resolve("state"), /* port= */ 0, "sluice-views")) {
      assertThatThrownBy(() -> bigquery.createFrom(HOME.tables(), views, "sluice"))
          .isInstanceOf(BadInput.class)
          .hasMessageContaining("batches.sql")
          .hasMessageContaining("moon");
    }
  }

  /** A BigQuery subscription with the table's schema refuses a message of other fields. */
  @Test
  void aPredictionHasTheColumnsOfItsTable() throws IOException {
    FunctionManifest predict =
        HOME.manifests().stream()
            .filter(manifest -> manifest.name().equals("predict"))
            .findFirst()
            .orElseThrow();
    Set<String> fields = new TreeSet<>();
    for (ClassModel model : HouseTest.sluiceClasses(predict)) {
      if (model.thisClass().asInternalName().endsWith("/PredictionRows")) {
        for (String text : texts(model)) {
          Pattern.compile("\"([a-z_]+)\":")
              .matcher(text)
              .results()
              .forEach(found -> fields.add(found.group(1)));
        }
      }
    }
    Map<String, String> columns = tables().get("predictions");
    assertThat(columns).isNotNull();
    assertThat(fields).isSubsetOf(columns.keySet());
    assertThat(fields)
        .containsAll(
            columns.entrySet().stream()
                .filter(column -> column.getValue().endsWith("REQUIRED"))
                .map(Map.Entry::getKey)
                .toList());
  }

  // People find what alerts and commands send them to.

  @Test
  void everyAlertHasItsSectionAndTheSectionsBeforeReleasesAreAlerts() throws IOException {
    List<String> sections =
        Pattern.compile("(?m)^## (.+)$")
            .matcher(runbook())
            .results()
            .map(heading -> heading.group(1))
            .toList();
    assertThat(sections.stream().filter(heading -> heading.matches("[a-z-]+")))
        .containsExactlyInAnyOrderElementsOf(alerts());
  }

  @Test
  void everyLinkWithinTheRunbookLeadsSomewhere() throws IOException {
    assertThat(danglingLinks(runbook())).isEmpty();
    assertThat(danglingLinks("## A lost table\n[a](#a-lost-table) [b](#a-lost-bucket)"))
        .containsExactly("#a-lost-bucket");
  }

  @Test
  void theLauncherIsToldAllThatItNeedsToKnow() throws IOException {
    Set<String> printed =
        Pattern.compile("(?m)^      ([A-Z_]+) += ")
            .matcher(text("outputs.tf"))
            .results()
            .map(found -> found.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(printed).containsAll(Launcher.cloudVariables()).contains("PREDICT_URL");
  }

  private static String runbook() throws IOException {
    return Files.readString(HOME.root().resolve("docs/operations.md"));
  }

  /** Keys of local.all_alerts. */
  private static Set<String> alerts() throws IOException {
    return Pattern.compile("(?m)^      \"([a-z-]+)\" = \\{$")
        .matcher(text("monitoring.tf"))
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Anchors that a page links to and no heading of it has, by GitHub's rule for plain words. */
  private static Set<String> danglingLinks(String page) {
    Set<String> anchors =
        Pattern.compile("(?m)^#+ (.+)$")
            .matcher(page)
            .results()
            .map(heading ->
                "#"
                    + heading
                        .group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
            .collect(Collectors.toCollection(TreeSet::new));
    return Pattern.compile("\\]\\((#[^)]+)\\)")
        .matcher(page)
        .results()
        .map(link -> link.group(1))
        .filter(link -> !anchors.contains(link))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  // How the files are read.

  private static CallGraph.Reach reach(FunctionManifest manifest) throws IOException {
    CallGraph.Reach known = REACH.get(manifest.name());
    if (known == null) {
      known = CallGraph.of(HouseTest.sluiceClasses(manifest), manifest.entryPoint());
      REACH.put(manifest.name(), known);
    }
    return known;
  }

  /** Table to its columns with type and mode, in the file's order. */
  private static Map<String, Map<String, String>> tables() throws IOException {
    Map<String, Map<String, String>> out = new TreeMap<>();
    try (Stream<Path> files = Files.list(HOME.tables())) {
      for (Path file : files.filter(name -> name.toString().endsWith(".json")).toList()) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (JsonElement field : JsonParser.parseString(Files.readString(file)).getAsJsonArray()) {
          JsonObject column = field.getAsJsonObject();
          columns.put(
              column.get("name").getAsString(),
              column.get("type").getAsString() + " " + column.get("mode").getAsString());
        }
        String name = String.valueOf(file.getFileName());
        out.put(name.substring(0, name.length() - ".json".length()), columns);
      }
    }
    return out;
  }

  /** Tables of facts that a class makes: the text right after each {@code new Fact}. */
  private static Set<String> factTables(ClassModel model) {
    Set<String> out = new TreeSet<>();
    for (MethodModel method : model.methods()) {
      List<Instruction> code = new ArrayList<>();
      method
          .code()
          .ifPresent(body ->
              body.forEach(element -> {
                if (element instanceof Instruction instruction) {
                  code.add(instruction);
                }
              }));
      for (int i = 0; i + 2 < code.size(); i++) {
        if (code.get(i) instanceof NewObjectInstruction made
            && made.className().asInternalName().equals("dev/sluice/contracts/Fact")
            && code.get(i + 2) instanceof ConstantInstruction constant
            && constant.constantValue() instanceof String table) {
          out.add(table);
        }
      }
    }
    return out;
  }

  /** Texts of a class, those that are joined to others too. */
  private static Set<String> texts(ClassModel model) {
    Set<String> out = new TreeSet<>();
    for (PoolEntry entry : model.constantPool()) {
      if (entry instanceof StringEntry text) {
        out.add(text.stringValue());
      }
    }
    return out;
  }

  private static List<Path> terraform() throws IOException {
    try (Stream<Path> files = Files.walk(HOME.root().resolve("terraform"))) {
      return files
          .filter(file -> file.toString().endsWith(".tf"))
          .filter(file -> !file.toString().contains("/.terraform/"))
          .sorted()
          .toList();
    }
  }

  private static String text(String file) throws IOException {
    return Files.readString(HOME.root().resolve("terraform").resolve(file));
  }

  private static String withoutComments(String code) {
    return code.lines()
        .filter(line -> !line.strip().startsWith("#"))
        .collect(Collectors.joining("\n"));
  }

  /** Keys of a mapping of strings in HCL, one a line. */
  private static Set<String> keys(String code, String name) {
    List<MatchResult> blocks =
        Pattern.compile("(?m)^  " + name + " = \\{\n((?:    .*\n|\n)*)  }")
            .matcher(code)
            .results()
            .toList();
    assertThat(blocks).as("mapping " + name).hasSize(1);
    return Pattern.compile("(?m)^    ([a-z_]+) +=")
        .matcher(blocks.getFirst().group(1))
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
