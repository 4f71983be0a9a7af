package dev.sluice.scenarios;

import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which methods of Sluice a class can reach, from bytecode alone: rapid type analysis (Bacon and
 * Sweeney, "Fast static analysis of C++ virtual function calls", OOPSLA 1996). A virtual call goes
 * to every class that reached code makes; a lambda and a method reference are called where they are
 * made; a case of a switch over types is followed once something of the type is made. So what it
 * misses is only what reflection makes and calls; what it adds are calls that no input leads to.
 * The classes of {@code dev.sluice.gcp} are the edge: calls of them are told, not followed.
 *
 * <p>Time and memory grow with the instructions reached: some ten milliseconds a function.
 */
final class CallGraph {
  private final Predicate<String> edge;
  private final Map<String, ClassModel> classes = new HashMap<>();
  private final Map<String, Map<String, MethodModel>> methods = new HashMap<>();
  private final Set<String> made = new LinkedHashSet<>();
  private final Set<Site> virtual = new LinkedHashSet<>();
  private final Set<Site> reached = new HashSet<>();
  private final Deque<Site> waiting = new ArrayDeque<>();
  private final Map<String, Set<String>> edges = new TreeMap<>();

  /** Type to the methods of which a case was left out. */
  private final Map<String, Set<Site>> unmade = new HashMap<>();

  /** A method by its internal names. */
  private record Site(String owner, String name, String descriptor) {
    String signature() {
      return name + descriptor;
    }
  }

  /**
   * What code can reach.
   *
   * @param methods {@code Class.method} of what runs; a lambda's is the method that it stands in
   * @param edges those of them that call beyond the edge, to {@code Class.method} called there
   */
  record Reach(Set<String> methods, Map<String, Set<String>> edges) {}

  private CallGraph(List<ClassModel> models, Predicate<String> edge) {
    this.edge = edge;
    for (ClassModel model : models) {
      String name = model.thisClass().asInternalName();
      classes.put(name, model);
      Map<String, MethodModel> own = new HashMap<>();
      model
          .methods()
          .forEach(method ->
              own.put(
                  method.methodName().stringValue() + method.methodType().stringValue(), method));
      methods.put(name, own);
    }
  }

  /**
   * What code that starts at a class reaches.
   *
   * @param models every class of Sluice that it may meet
   * @param entry the class whose constructors and public methods the platform calls
   */
  static Reach of(List<ClassModel> models, String entry) {
    return of(models, entry, name -> name.startsWith("dev/sluice/gcp/"));
  }

  /**
   * The same with another edge.
   *
   * @param edge of internal names, those whose calls are told and not followed
   */
  static Reach of(List<ClassModel> models, String entry, Predicate<String> edge) {
    CallGraph graph = new CallGraph(models, edge);
    String name = entry.replace('.', '/');
    graph.make(name);
    for (MethodModel method : Objects.requireNonNull(graph.classes.get(name)).methods()) {
      if (method.flags().has(AccessFlag.PUBLIC)) {
        graph.reach(
            new Site(name, method.methodName().stringValue(), method.methodType().stringValue()));
      }
    }
    while (!graph.waiting.isEmpty()) {
      graph.follow(graph.waiting.pop());
    }
    return new Reach(
        graph.reached.stream()
            .filter(site ->
                graph.methods.getOrDefault(site.owner(), Map.of()).containsKey(site.signature()))
            .map(CallGraph::told)
            .collect(Collectors.toCollection(TreeSet::new)),
        graph.edges);
  }

  private static String told(Site site) {
    return simple(site.owner()) + "." + enclosing(site.name());
  }

  private void follow(Site site) {
    MethodModel method = methods.getOrDefault(site.owner(), Map.of()).get(site.signature());
    if (method == null) {
      return;
    }
    String caller = told(site);
    for (CodeElement element : live(site, method)) {
      switch (element) {
        case NewObjectInstruction made -> make(made.className().asInternalName());
        case FieldInstruction field
            when field.opcode() == Opcode.GETSTATIC || field.opcode() == Opcode.PUTSTATIC ->
            begin(field.owner().asInternalName());
        case InvokeInstruction call ->
            call(
                caller,
                new Site(
                    call.owner().asInternalName(),
                    call.name().stringValue(),
                    call.type().stringValue()),
                call.opcode() == Opcode.INVOKESTATIC || call.opcode() == Opcode.INVOKESPECIAL);
        case InvokeDynamicInstruction dynamic -> {
          for (ConstantDesc argument : dynamic.bootstrapArgs()) {
            if (argument instanceof DirectMethodHandleDesc handle) {
              handle(caller, handle);
            }
          }
        }
        default -> {}
      }
    }
  }

  /**
   * The elements that control can come to. A case of a switch over types is left out while nobody
   * makes that type.
   */
  private List<CodeElement> live(Site site, MethodModel method) {
    CodeModel code = method.code().orElse(null);
    if (code == null) {
      return List.of();
    }
    List<CodeElement> elements = code.elementList();
    Map<Label, Integer> labels = new HashMap<>();
    List<ExceptionCatch> handlers = new ArrayList<>();
    for (int i = 0; i < elements.size(); i++) {
      if (elements.get(i) instanceof LabelTarget target) {
        labels.put(target.label(), i);
      } else if (elements.get(i) instanceof ExceptionCatch handler) {
        handlers.add(handler);
      }
    }
    BitSet live = new BitSet();
    Deque<Integer> next = new ArrayDeque<>(List.of(0));
    while (!next.isEmpty()) {
      int at = next.pop();
      if (at >= elements.size() || live.get(at)) {
        continue;
      }
      live.set(at);
      for (ExceptionCatch handler : handlers) {
        if (at >= index(labels, handler.tryStart()) && at < index(labels, handler.tryEnd())) {
          next.push(index(labels, handler.handler()));
        }
      }
      switch (elements.get(at)) {
        case BranchInstruction branch -> {
          next.push(index(labels, branch.target()));
          if (branch.opcode() != Opcode.GOTO && branch.opcode() != Opcode.GOTO_W) {
            next.push(at + 1);
          }
        }
        case TableSwitchInstruction table -> {
          next.push(index(labels, table.defaultTarget()));
          cases(site, elements, at, table.cases(), labels, next);
        }
        case LookupSwitchInstruction lookup -> {
          next.push(index(labels, lookup.defaultTarget()));
          cases(site, elements, at, lookup.cases(), labels, next);
        }
        case ReturnInstruction _, ThrowInstruction _ -> {}
        default -> next.push(at + 1);
      }
    }
    return live.stream().mapToObj(elements::get).toList();
  }

  private void cases(
      Site site,
      List<CodeElement> elements,
      int at,
      List<SwitchCase> cases,
      Map<Label, Integer> labels,
      Deque<Integer> next) {
    List<ConstantDesc> types =
        at > 0
                && elements.get(at - 1) instanceof InvokeDynamicInstruction dynamic
                && dynamic.name().equalsString("typeSwitch")
            ? dynamic.bootstrapArgs()
            : List.of();
    for (SwitchCase one : cases) {
      int number = one.caseValue();
      if (number >= 0
          && number < types.size()
          && types.get(number) instanceof ClassDesc type
          && isSealedAway(internal(type))) {
        unmade.computeIfAbsent(internal(type), key -> new HashSet<>()).add(site);
      } else {
        next.push(index(labels, one.target()));
      }
    }
  }

  /** A class of Sluice without subclasses, of which nothing has been made so far. */
  private boolean isSealedAway(String type) {
    ClassModel model = classes.get(type);
    return model != null
        && !edge.test(type)
        && model.flags().has(AccessFlag.FINAL)
        && !made.contains(type);
  }

  private static int index(Map<Label, Integer> labels, Label label) {
    return Objects.requireNonNull(labels.get(label));
  }

  private void handle(String caller, DirectMethodHandleDesc handle) {
    Site target =
        new Site(internal(handle.owner()), handle.methodName(), handle.lookupDescriptor());
    boolean exact =
        switch (handle.kind()) {
          case VIRTUAL, INTERFACE_VIRTUAL -> false;
          case CONSTRUCTOR -> {
            make(target.owner());
            yield true;
          }
          default -> true;
        };
    call(caller, target, exact);
  }

  private void call(String caller, Site target, boolean exact) {
    if (edge.test(target.owner())) {
      edges
          .computeIfAbsent(caller, key -> new TreeSet<>())
          .add(simple(target.owner()) + "." + target.name());
      return;
    }
    if (!classes.containsKey(target.owner())) {
      return;
    }
    reach(resolved(target.owner(), target));
    if (exact) {
      begin(target.owner());
    } else if (virtual.add(target)) {
      // A copy, as reaching may make more; those come to this site by themselves.
      for (String type : List.copyOf(made)) {
        dispatch(target, type);
      }
    }
  }

  private void dispatch(Site target, String type) {
    if (supertypes(type).contains(target.owner())) {
      reach(resolved(type, target));
    }
  }

  /** Objects of the class may be there from now on. */
  private void make(String type) {
    if (!classes.containsKey(type) || edge.test(type) || !made.add(type)) {
      return;
    }
    begin(type);
    Set<Site> left = unmade.remove(type);
    if (left != null) {
      left.forEach(waiting::push);
    }
    for (Site site : List.copyOf(virtual)) {
      dispatch(site, type);
    }
    // What a library calls back: whatever overrides a method of a type that is not Sluice's.
    Set<String> all = supertypes(type);
    boolean foreign = all.stream().anyMatch(name -> !classes.containsKey(name));
    for (String own : all) {
      ClassModel model = classes.get(own);
      if (model != null && foreign) {
        for (MethodModel method : model.methods()) {
          if (!method.flags().has(AccessFlag.STATIC)
              && !method.flags().has(AccessFlag.PRIVATE)
              && !method.flags().has(AccessFlag.ABSTRACT)
              && !method.methodName().equalsString("<init>")) {
            reach(
                new Site(
                    own, method.methodName().stringValue(), method.methodType().stringValue()));
          }
        }
      }
    }
  }

  /** The class is initialized. */
  private void begin(String type) {
    if (classes.containsKey(type)) {
      reach(new Site(type, "<clinit>", "()V"));
    }
  }

  private void reach(@Nullable Site site) {
    if (site != null && !edge.test(site.owner()) && reached.add(site)) {
      waiting.push(site);
    }
  }

  /** The method that a receiver of the type runs, or null where it is not Sluice's. */
  private @Nullable Site resolved(String type, Site target) {
    for (String owner : supertypes(type)) {
      MethodModel found = methods.getOrDefault(owner, Map.of()).get(target.signature());
      if (found != null && !found.flags().has(AccessFlag.ABSTRACT)) {
        return new Site(owner, target.name(), target.descriptor());
      }
    }
    return null;
  }

  /** The type, its superclasses nearest first, then interfaces; Object is left out. */
  private Set<String> supertypes(String type) {
    Set<String> out = new LinkedHashSet<>();
    List<String> interfaces = new ArrayList<>();
    String at = type;
    while (at != null && !at.equals("java/lang/Object")) {
      out.add(at);
      ClassModel model = classes.get(at);
      if (model == null) {
        break;
      }
      model.interfaces().forEach(entry -> interfaces.add(entry.asInternalName()));
      at = model.superclass().map(ClassEntry::asInternalName).orElse(null);
    }
    interfaces.forEach(name -> out.addAll(supertypes(name)));
    return out;
  }

  private static String simple(String internal) {
    return internal.substring(internal.lastIndexOf('/') + 1);
  }

  /** {@code lambda$name$0} stands in {@code name}. */
  private static String enclosing(String method) {
    String[] parts = method.split("\\$", -1);
    return parts[0].equals("lambda") && parts.length > 2 ? parts[1] : method;
  }

  private static String internal(ClassDesc type) {
    String descriptor = type.descriptorString();
    return descriptor.startsWith("L")
        ? descriptor.substring(1, descriptor.length() - 1)
        : descriptor;
  }
}
