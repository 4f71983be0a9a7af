package dev.sluice.localcloud;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A Linux control group that holds one process to so much memory and CPU time, as the container of
 * a Cloud Run instance does: what goes beyond the memory is killed by the kernel, files in memory
 * count, and a JVM in it sizes its heap by it. Both layouts are known (cgroup v1, a tree a
 * controller; v2, one tree). It lies inside the group of this process where the system lets us make
 * one there; where not, as in most containers and on other systems, there is none.
 */
final class ControlGroup implements AutoCloseable {
  private static final long PERIOD_MICROS = 100_000;

  /** Its folders; v1 has one a controller. */
  private final List<Path> folders;

  /** The file that counts what the kernel killed, as {@code oom_kill N}. */
  private final Path kills;

  private ControlGroup(List<Path> folders, Path kills) {
    this.folders = List.copyOf(folders);
    this.kills = kills;
  }

  /**
   * @param proc {@code /proc/self}: what this process is in and what is mounted
   * @param name the new group's, unique
   * @param memoryBytes above which the kernel kills
   * @param cpus CPU seconds a second
   * @return nothing where the system has no such groups or lets us make none
   */
  static Optional<ControlGroup> make(Path proc, String name, long memoryBytes, double cpus) {
    List<Path> made = new ArrayList<>();
    try {
      List<String> groups = Files.readAllLines(proc.resolve("cgroup"));
      List<String> mounts = Files.readAllLines(proc.resolve("mountinfo"));
      Path memory = v1(groups, mounts, "memory");
      Path cpu = v1(groups, mounts, "cpu");
      String quota = Long.toString(Math.round(PERIOD_MICROS * cpus));
      if (memory != null && cpu != null) {
        memory = create(memory.resolve(name), made);
        Files.writeString(memory.resolve("memory.limit_in_bytes"), Long.toString(memoryBytes));
        cpu = create(cpu.resolve(name), made);
        Files.writeString(cpu.resolve("cpu.cfs_period_us"), Long.toString(PERIOD_MICROS));
        Files.writeString(cpu.resolve("cpu.cfs_quota_us"), quota);
        return tried(new ControlGroup(made, memory.resolve("memory.oom_control")));
      }
      Path parent = v2(groups, mounts);
      if (parent == null) {
        return Optional.empty();
      }
      Path group = create(parent.resolve(name), made);
      Files.writeString(group.resolve("memory.max"), Long.toString(memoryBytes));
      Files.writeString(group.resolve("memory.swap.max"), "0");
      Files.writeString(group.resolve("cpu.max"), quota + " " + PERIOD_MICROS);
      return tried(new ControlGroup(made, group.resolve("memory.events")));
    } catch (IOException e) {
      made.forEach(ControlGroup::remove);
      return Optional.empty();
    }
  }

  /** A group that one may make is not always one that one may enter. */
  private static Optional<ControlGroup> tried(ControlGroup group) throws IOException {
    try {
      Process process = new ProcessBuilder(group.enter(List.of("/bin/true"))).start();
      if (process.waitFor() == 0) {
        return Optional.of(group);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    group.close();
    return Optional.empty();
  }

  /** The command that enters the group and becomes the given one. */
  List<String> enter(List<String> command) {
    StringBuilder script = new StringBuilder();
    for (Path folder : folders) {
      script.append("echo $$ > '").append(folder.resolve("cgroup.procs")).append("' && ");
    }
    List<String> out = new ArrayList<>(List.of("/bin/sh", "-c", script + "exec \"$@\"", "sh"));
    out.addAll(command);
    return out;
  }

  /** Whether the kernel has killed for want of memory. */
  boolean killed() {
    try {
      for (String line : Files.readAllLines(kills)) {
        if (line.startsWith("oom_kill ")) {
          return !line.equals("oom_kill 0");
        }
      }
    } catch (IOException e) {
      // A group that is gone tells nothing more.
    }
    return false;
  }

  /** Removes it; its process must have ended. */
  @Override
  public void close() {
    folders.forEach(ControlGroup::remove);
  }

  private static void remove(Path folder) {
    try {
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // The kernel keeps a group while anything of it lives; an empty one costs nothing.
    }
  }

  private static Path create(Path folder, List<Path> made) throws IOException {
    Files.createDirectory(folder);
    made.add(folder);
    return folder;
  }

  /** This process's group in the tree of a controller, or null where there is none. */
  private static @Nullable Path v1(List<String> groups, List<String> mounts, String controller) {
    String path =
        path(groups, controllers -> List.of(controllers.split(",", -1)).contains(controller));
    return path == null
        ? null
        : place(
            mounts,
            path,
            fields ->
                fields.getFirst().equals("cgroup")
                    && List.of(fields.getLast().split(",", -1)).contains(controller));
  }

  /**
   * The nearest group of the one tree, this process's or one around it, that hands both controllers
   * down. A group with processes of its own cannot, so that it is mostly one around.
   */
  private static @Nullable Path v2(List<String> groups, List<String> mounts) throws IOException {
    String path = path(groups, String::isEmpty);
    Path group =
        path == null ? null : place(mounts, path, fields -> fields.getFirst().equals("cgroup2"));
    while (group != null) {
      Path handed = group.resolve("cgroup.subtree_control");
      if (!Files.isRegularFile(handed)) {
        return null;
      }
      List<String> controllers = List.of(Files.readString(handed).trim().split(" ", -1));
      if (controllers.contains("memory") && controllers.contains("cpu")) {
        return group;
      }
      group = group.getParent();
    }
    return null;
  }

  /** Of {@code id:controllers:path} that path whose controllers are wanted. */
  private static @Nullable String path(List<String> groups, Predicate<String> wanted) {
    for (String line : groups) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && wanted.test(parts[1])) {
        return parts[2];
      }
    }
    return null;
  }

  /**
   * Where a group lies below the mount that is wanted by its kind and its options: lines of
   * mountinfo are {@code id parent device root place options - kind source options}.
   */
  private static @Nullable Path place(
      List<String> mounts, String path, Predicate<List<String>> wanted) {
    for (String line : mounts) {
      String[] halves = line.split(" - ", 2);
      String[] before = halves[0].split(" ", -1);
      if (halves.length == 2
          && before.length > 4
          && wanted.test(List.of(halves[1].split(" ", -1)))) {
        String root = before[3];
        String below =
            root.equals("/") || !path.startsWith(root) ? path : path.substring(root.length());
        return Path.of(before[4] + below);
      }
    }
    return null;
  }
}
