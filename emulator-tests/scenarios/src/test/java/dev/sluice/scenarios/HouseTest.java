package dev.sluice.scenarios;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.sluice.contracts.FunctionManifest;
import dev.sluice.contracts.Operation;
import dev.sluice.contracts.Operations;
import dev.sluice.localcloud.Home;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rules that hold the house together: who may depend on whom, and what a function's folder is.
 */
final class HouseTest {
  private static final Home HOME = Home.find();
  private static final String OUTPUT = System.getProperty("sluice.build.output", "target");

  private static final String[] DOMAIN = {
    "dev.sluice.examples..",
    "dev.sluice.statistics..",
    "dev.sluice.validation..",
    "dev.sluice.transform..",
    "dev.sluice.models..",
    "dev.sluice.evaluation..",
    "dev.sluice.rollout.."
  };

  /** Only a local cloud sets these; a deployed function never has them. */
  private static final Set<String> LOCAL_ONLY =
      Set.of(
          "STORAGE_EMULATOR_HOST",
          "PUBSUB_EMULATOR_HOST",
          "BIGQUERY_EMULATOR_HOST",
          "BIGQUERY_STORAGE_EMULATOR_HOST",
          "COMPOSER_EMULATOR_HOST",
          "COMPOSER_USER",
          "COMPOSER_PASSWORD");

  /** Read by native code. */
  private static final Set<String> NATIVE = Set.of("OMP_WAIT_POLICY");

  /** What a method of {@code Platform} cannot do without. */
  private static final Map<String, String> NEEDS =
      Map.of(
          "objects", "GOOGLE_CLOUD_PROJECT",
          "messages", "GOOGLE_CLOUD_PROJECT",
          "report", "SLUICE_DATASET",
          "composer", "COMPOSER_URL",
          "registries", "SLUICE_SERVING",
          "findSpec", "SLUICE_SERVING",
          "spec", "SLUICE_SERVING",
          "findBatch", "SLUICE_ARTIFACTS",
          "findPins", "SLUICE_ARTIFACTS",
          "context", "SLUICE_ARTIFACTS");

  static List<Named<FunctionManifest>> manifests() throws IOException {
    return HOME.manifests().stream().map(manifest -> Named.of(manifest.name(), manifest)).toList();
  }

  // Who may depend on whom.

  @Test
  void contractsDependOnNothingOfSluice() {
    noClasses()
        .that()
        .resideInAPackage("dev.sluice.contracts..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.sluice..").and(not(resideInAPackage("dev.sluice.contracts.."))))
        .check(classesOf());
  }

  @Test
  void domainLibrariesKnowNoCloud() {
    noClasses()
        .that()
        .resideInAnyPackage(DOMAIN)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                "dev.sluice.gcp..",
                "dev.sluice.stages..",
                "dev.sluice.functions..",
                "com.google.cloud..",
                "com.google.api..",
                "io.cloudevents.."))
        .check(classesOf());
  }

  @Test
  void onlyGcpKnowsGooglesClients() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.sluice.gcp..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("com.google.cloud..", "com.google.api..", "com.google.auth..")
                .and(not(resideInAPackage("com.google.cloud.functions"))))
        .check(classesOf());
  }

  @Test
  void gcpKnowsNoFunctionAndNoStage() {
    noClasses()
        .that()
        .resideInAPackage("dev.sluice.gcp..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.sluice..")
                .and(not(resideInAnyPackage("dev.sluice.gcp..", "dev.sluice.contracts.."))))
        .check(classesOf());
  }

  @Test
  void noFunctionKnowsAnother() {
    slices()
        .matching("dev.sluice.functions.(*)..")
        .should()
        .notDependOnEachOther()
        .check(classesOf());
    classes()
        .that()
        .resideOutsideOfPackage("dev.sluice.functions..")
        .should()
        .onlyDependOnClassesThat(not(resideInAPackage("dev.sluice.functions..")))
        .check(classesOf());
  }

  @Test
  void modulesHaveNoCycles() {
    slices().matching("dev.sluice.(**)").should().beFreeOfCycles().check(classesOf());
  }

  // What a function's folder is.

  @Test
  void everyFolderWithAManifestIsAModule() throws Exception {
    String pom = Files.readString(HOME.root().resolve("functions/pom.xml"));
    List<String> modules = new ArrayList<>();
    Matcher matcher = Pattern.compile("<module>([^<]+)</module>").matcher(pom);
    while (matcher.find()) {
      modules.add(matcher.group(1));
    }
    assertThat(modules)
        .containsExactlyInAnyOrderElementsOf(
            HOME.manifests().stream().map(FunctionManifest::name).toList());
  }

  @Test
  void everyFunctionOfAnOperationHasAFolder() throws Exception {
    Operations operations =
        Operations.parse(Files.readString(HOME.operations()), "operations.yaml");
    assertThat(HOME.manifests().stream().map(FunctionManifest::name))
        .containsAll(operations.all().stream().map(Operation::function).toList());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void theEntryPointIsInTheZipAndShort(FunctionManifest manifest) throws Exception {
    assertThat(ownClasses(manifest)).extracting(HouseTest::name).contains(manifest.entryPoint());
    Path source =
        HOME.root()
            .resolve("functions")
            .resolve(manifest.name())
            .resolve("src/main/java")
            .resolve(manifest.entryPoint().replace('.', '/') + ".java");
    assertThat(Files.readAllLines(source)).hasSizeLessThan(60);
    assertThat(manifest.entryPoint())
        .startsWith("dev.sluice.functions." + manifest.name().replace("-", "") + ".");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void theZipIsOneJarAndTheLibrariesItNames(FunctionManifest manifest) throws Exception {
    Set<String> libraries = new TreeSet<>();
    byte[] own = null;
    try (ZipFile zip = new ZipFile(HOME.zip(manifest.name()).toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        if (entry.isDirectory()) {
          continue;
        }
        if (entry.getName().startsWith("libs/")) {
          libraries.add(entry.getName());
        } else {
          assertThat(own).as("a second file at the root: " + entry.getName()).isNull();
          assertThat(entry.getName()).endsWith(".jar").doesNotContain("/");
          own = zip.getInputStream(entry).readAllBytes();
        }
      }
    }
    assertThat(own).isNotNull();
    try (JarInputStream jar = new JarInputStream(new ByteArrayInputStream(own))) {
      String classPath = jar.getManifest().getMainAttributes().getValue("Class-Path");
      assertThat(List.of(classPath.split(" "))).containsExactlyInAnyOrderElementsOf(libraries);
    }
    assertThat(libraries)
        .as("the platform brings the API, and tests stay at home")
        .noneMatch(name ->
            name.matches(
                "libs/(functions-framework-api|junit|assertj|sluice-emulators|sluice-testing).*"));
  }

  /** The same sources give the same bytes: no clock and no directory order gets in. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void theZipHasNoTimesOfItsOwn(FunctionManifest manifest) throws Exception {
    Set<Object> times = new HashSet<>();
    List<String> names = new ArrayList<>();
    try (ZipFile zip = new ZipFile(HOME.zip(manifest.name()).toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        times.add(entry.getTimeLocal());
        names.add(entry.getName());
        if (!entry.getName().contains("/")) {
          try (JarInputStream jar = new JarInputStream(zip.getInputStream(entry))) {
            for (JarEntry inner = jar.getNextJarEntry();
                inner != null;
                inner = jar.getNextJarEntry()) {
              times.add(inner.getTimeLocal());
            }
          }
        }
      }
    }
    assertThat(times).hasSize(1);
    List<String> libraries = names.stream().filter(name -> name.matches("libs/.+")).toList();
    assertThat(libraries).isSorted();
  }

  // A function's settings are those of its manifest.

  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void theManifestNamesEverySettingThatTheCodeAsksFor(FunctionManifest manifest) throws Exception {
    Set<String> asked = new TreeSet<>();
    for (ClassModel model : ownClasses(manifest)) {
      asked.addAll(settings(model));
      asked.addAll(needs(model));
    }
    asked.removeAll(LOCAL_ONLY);
    assertThat(manifest.variables()).containsAll(asked);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void theManifestNamesNoSettingThatNobodyReads(FunctionManifest manifest) throws Exception {
    Set<String> read = new TreeSet<>(NATIVE);
    for (ClassModel model : sluiceClasses(manifest)) {
      read.addAll(settings(model));
    }
    assertThat(read).containsAll(manifest.variables());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("manifests")
  void whoPublishesMayPublish(FunctionManifest manifest) throws Exception {
    boolean publishes = false;
    for (ClassModel model : ownClasses(manifest)) {
      publishes |=
          calls(model).stream()
              .anyMatch(call -> call.equals("Platform.alarm") || call.equals("Platform.messages"));
    }
    assertThat(
            Stream.of("alarms", "predictions")
                .anyMatch(
                    topic -> manifest.roles().getOrDefault(topic, List.of()).contains("publisher")))
        .isEqualTo(publishes);
  }

  /** Variables whose names are passed to a reader of settings. */
  private static Set<String> settings(ClassModel model) {
    Set<String> out = new TreeSet<>();
    for (MethodModel method : model.methods()) {
      String last = null;
      for (CodeElement element :
          method.code().<Iterable<CodeElement>>map(c -> c).orElse(List.of())) {
        if (element instanceof ConstantInstruction constant
            && constant.constantValue() instanceof String text) {
          last = text;
        } else if (element instanceof InvokeInstruction call && last != null) {
          String owner = call.owner().asInternalName();
          String name = call.name().stringValue();
          boolean reads =
              (owner.equals("dev/sluice/stages/Configuration")
                      && (name.equals("get") || name.equals("required")))
                  || (owner.equals("java/util/function/UnaryOperator") && name.equals("apply"))
                  || (owner.equals("java/lang/System") && name.equals("getenv"));
          if (reads && last.matches("[A-Z][A-Z0-9_]+")) {
            out.add(last);
          }
          last = null;
        }
      }
    }
    return out;
  }

  private static Set<String> needs(ClassModel model) {
    Set<String> out = new TreeSet<>();
    for (String call : calls(model)) {
      if (call.startsWith("Platform.")) {
        String needed = NEEDS.get(call.substring("Platform.".length()));
        if (needed != null) {
          out.add(needed);
        }
      } else if (call.startsWith("StageEndpoint.making")) {
        out.addAll(List.of("SLUICE_ARTIFACTS", "SLUICE_SERVING", "SLUICE_DATASET"));
      }
    }
    return out;
  }

  /** {@code Class.method} of everything of {@code dev.sluice.stages} that the class calls. */
  private static Set<String> calls(ClassModel model) {
    Set<String> out = new TreeSet<>();
    for (MethodModel method : model.methods()) {
      CodeModel code = method.code().orElse(null);
      if (code == null) {
        continue;
      }
      for (CodeElement element : code) {
        if (element instanceof InvokeInstruction call
            && call.owner().asInternalName().startsWith("dev/sluice/stages/")) {
          String owner = call.owner().asInternalName();
          out.add(owner.substring(owner.lastIndexOf('/') + 1) + "." + call.name().stringValue());
        }
      }
    }
    return out;
  }

  private static String name(ClassModel model) {
    return model.thisClass().asInternalName().replace('/', '.');
  }

  /** Classes of the function's own jar. */
  private static List<ClassModel> ownClasses(FunctionManifest manifest) throws IOException {
    return classesIn(manifest, entry -> !entry.contains("/"));
  }

  /** Those, and the classes of Sluice's libraries in the zip. */
  static List<ClassModel> sluiceClasses(FunctionManifest manifest) throws IOException {
    return classesIn(manifest, entry -> !entry.contains("/") || entry.startsWith("libs/sluice-"));
  }

  private static List<ClassModel> classesIn(
      FunctionManifest manifest, java.util.function.Predicate<String> wanted) throws IOException {
    List<ClassModel> out = new ArrayList<>();
    try (ZipFile zip = new ZipFile(HOME.zip(manifest.name()).toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        if (entry.getName().endsWith(".jar") && wanted.test(entry.getName())) {
          try (InputStream in = zip.getInputStream(entry);
              JarInputStream jar = new JarInputStream(in)) {
            for (JarEntry inner = jar.getNextJarEntry();
                inner != null;
                inner = jar.getNextJarEntry()) {
              if (inner.getName().endsWith(".class") && inner.getName().startsWith("dev/sluice/")) {
                out.add(ClassFile.of().parse(jar.readAllBytes()));
              }
            }
          }
        }
      }
    }
    return out;
  }

  private static JavaClasses classesOf() {
    return Holder.CLASSES;
  }

  /** Imported once, at the first rule. */
  private static final class Holder {
    static final JavaClasses CLASSES = read();

    private static JavaClasses read() {
      // Names tell whose a class is; reading the libraries would only take time.
      ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
      return new ClassFileImporter().importPaths(folders());
    }

    private static List<Path> folders() {
      List<Path> out = new ArrayList<>();
      for (String parent : List.of("shared", "functions")) {
        try (Stream<Path> modules = Files.list(HOME.root().resolve(parent))) {
          modules
              .filter(module -> !module.endsWith("testing"))
              .map(module -> module.resolve(OUTPUT).resolve("classes"))
              .filter(Files::isDirectory)
              .forEach(out::add);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return out;
    }
  }
}
