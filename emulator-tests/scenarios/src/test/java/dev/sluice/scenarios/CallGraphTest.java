package dev.sluice.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Finds calls where they are, on classes that are made for it. */
final class CallGraphTest {
  private static final String EDGE = CallGraphTest.class.getName().replace('.', '/') + "$Port";

  /** What is called beyond the edge. */
  interface Port {
    void read();

    void write();

    void delete();

    void list();
  }

  /** Kinds of work, of which the entry below makes one. */
  sealed interface Work {
    record Reading(Port port) implements Work {}

    record Deleting(Port port) implements Work {}
  }

  /** A step, of which two are written and one is made. */
  interface Step {
    void run(Port port);
  }

  static final class Writing implements Step {
    @Override
    public void run(Port port) {
      port.write();
    }
  }

  static final class Listing implements Step {
    @Override
    public void run(Port port) {
      port.list();
    }
  }

  static final class OfInterface {
    public void service(Port port, Step step) {
      step.run(port);
    }

    public Step make() {
      return new Writing();
    }
  }

  static final class OfLambda {
    public Supplier<String> service(Port port) {
      return () -> {
        port.read();
        return "read";
      };
    }
  }

  static final class OfReference {
    public Runnable service(Port port) {
      return port::write;
    }
  }

  static final class OfCases {
    public String service(Port port) {
      return done(new Work.Reading(port));
    }

    private static String done(Work work) {
      return switch (work) {
        case Work.Reading(Port port) -> {
          port.read();
          yield "read";
        }
        case Work.Deleting(Port port) -> {
          port.delete();
          yield "deleted";
        }
      };
    }
  }

  static final class OfBothCases {
    public String service(Port port) {
      return OfCases.done(new Work.Reading(port)) + OfCases.done(new Work.Deleting(port));
    }
  }

  static final class OfNothing {
    public String service() {
      return "nothing";
    }

    @SuppressWarnings("UnusedMethod") // that nobody calls it is the point
    private static void never(Port port) {
      port.delete();
    }
  }

  @Test
  void aCallOfAnInterfaceGoesToWhatIsMade() throws IOException {
    assertThat(edges(OfInterface.class)).isEqualTo(Map.of("Writing.run", Set.of("Port.write")));
  }

  @Test
  void aLambdaIsCalledWhereItStands() throws IOException {
    assertThat(edges(OfLambda.class)).isEqualTo(Map.of("OfLambda.service", Set.of("Port.read")));
  }

  @Test
  void aMethodReferenceIsACall() throws IOException {
    assertThat(edges(OfReference.class))
        .isEqualTo(Map.of("OfReference.service", Set.of("Port.write")));
  }

  @Test
  void aCaseOfATypeThatNobodyMakesIsLeftOut() throws IOException {
    assertThat(edges(OfCases.class)).isEqualTo(Map.of("OfCases.done", Set.of("Port.read")));
  }

  @Test
  void aCaseOfATypeThatIsMadeIsFollowed() throws IOException {
    assertThat(edges(OfBothCases.class))
        .isEqualTo(Map.of("OfCases.done", Set.of("Port.delete", "Port.read")));
  }

  @Test
  void whatNobodyCallsIsNotReached() throws IOException {
    CallGraph.Reach reach = reach(OfNothing.class);
    assertThat(reach.edges()).isEmpty();
    assertThat(reach.methods()).contains("OfNothing.service").doesNotContain("OfNothing.never");
  }

  private static Map<String, Set<String>> edges(Class<?> entry) throws IOException {
    return reach(entry).edges();
  }

  private static CallGraph.Reach reach(Class<?> entry) throws IOException {
    CallGraph.Reach reach = CallGraph.of(models(), entry.getName(), EDGE::equals);
    Map<String, Set<String>> edges = new TreeMap<>();
    reach
        .edges()
        .forEach((place, calls) ->
            edges.put(
                shortened(place),
                new TreeSet<>(calls.stream().map(CallGraphTest::shortened).toList())));
    return new CallGraph.Reach(
        new TreeSet<>(reach.methods().stream().map(CallGraphTest::shortened).toList()), edges);
  }

  private static String shortened(String name) {
    return name.substring(name.lastIndexOf('$') + 1);
  }

  private static List<ClassModel> models() throws IOException {
    List<ClassModel> out = new ArrayList<>();
    for (Class<?> type :
        List.of(
            Work.Reading.class,
            Work.Deleting.class,
            Work.class,
            Step.class,
            Writing.class,
            Listing.class,
            OfInterface.class,
            OfLambda.class,
            OfReference.class,
            OfCases.class,
            OfBothCases.class,
            OfNothing.class)) {
      String file = type.getName().replace('.', '/') + ".class";
      try (InputStream in = CallGraphTest.class.getClassLoader().getResourceAsStream(file)) {
        assertThat(in).as(file).isNotNull();
        out.add(ClassFile.of().parse(in.readAllBytes()));
      }
    }
    return out;
  }
}
