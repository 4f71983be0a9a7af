package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.FunctionManifest;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What the buildpack makes of a function's zip, by its rules (GoogleCloudPlatform/buildpacks,
 * {@code java/functions_framework}): no build file at the root, exactly one jar there, which is the
 * class path with what its manifest names, and the entry point's class on it. It does not look
 * whether libraries are there that the class needs; a call finds that out.
 *
 * @param folder the zip's files, the working directory
 * @param jar the jar's name in it
 */
record ContainerImage(Path folder, String jar) {
  /**
   * @param zip the package
   * @param folder where to unpack; made where it is not there
   * @throws BadInput where the buildpack would refuse the package, or build it from sources
   */
  static ContainerImage build(FunctionManifest manifest, Path zip, Path folder) throws IOException {
    String name = String.valueOf(zip.getFileName());
    Path root = Files.createDirectories(folder).toRealPath();
    Set<String> top = new TreeSet<>();
    try (ZipFile file = new ZipFile(zip.toFile())) {
      for (Enumeration<? extends ZipEntry> entries = file.entries(); entries.hasMoreElements(); ) {
        ZipEntry entry = entries.nextElement();
        Path to = root.resolve(entry.getName()).normalize();
        if (!to.startsWith(root)) {
          throw new BadInput(name + " holds " + entry.getName() + ", which lies outside of it");
        }
        top.add(String.valueOf(root.relativize(to).getName(0)));
        if (!entry.isDirectory()) {
          Files.createDirectories(to.getParent());
          try (InputStream in = file.getInputStream(entry)) {
            Files.copy(in, to, StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
    }
    for (String build : List.of("pom.xml", "build.gradle")) {
      if (top.contains(build)) {
        throw new BadInput(
            name + " has a " + build + " at its root, which the buildpack would build instead");
      }
    }
    List<String> jars = new ArrayList<>();
    for (String entry : top) {
      if (entry.endsWith(".jar")) {
        jars.add(entry);
      }
    }
    if (jars.size() != 1) {
      throw new BadInput(
          name
              + (jars.isEmpty()
                  ? " has no jar at its root but "
                  : " has several jars at its root, ")
              + String.join(", ", jars.isEmpty() ? top : jars)
              + "; the buildpack takes exactly one");
    }
    ContainerImage image = new ContainerImage(root, jars.getFirst());
    if (!image.has(manifest.entryPoint())) {
      throw new BadInput(
          name
              + " has no class "
              + manifest.entryPoint()
              + ", the entry_point of functions/"
              + manifest.name()
              + "/function.yaml");
    }
    return image;
  }

  private boolean has(String type) throws IOException {
    URL[] path = {folder.resolve(jar).toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
      return loader.getResource(type.replace('.', '/') + ".class") != null;
    }
  }
}
