package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A function's zip, unpacked by the buildpack's rule: exactly one jar at the root, whose manifest
 * names the rest below {@code libs/}. Libraries of equal name, size and CRC-32 are kept once for
 * all functions.
 *
 * @param jar the function's own jar
 * @param libraries what it needs
 */
record FunctionPackage(Path jar, List<Path> libraries) {
  /** A library's name and version, without what tells its builds apart. */
  static String libraryName(Path library) {
    return String.valueOf(library.getFileName()).replaceFirst("-[0-9a-f]+-[0-9]+\\.jar$", "");
  }

  /**
   * @param zip the package
   * @param directory where to unpack
   * @throws BadInput where the zip does not follow the rule
   */
  static FunctionPackage unpack(String function, Path zip, Path directory) throws IOException {
    Path libs = Files.createDirectories(directory.resolve("libs"));
    Path own = Files.createDirectories(directory.resolve("functions"));
    List<Path> jars = new ArrayList<>();
    List<Path> libraries = new ArrayList<>();
    try (ZipFile file = new ZipFile(zip.toFile())) {
      for (Enumeration<? extends ZipEntry> entries = file.entries(); entries.hasMoreElements(); ) {
        ZipEntry entry = entries.nextElement();
        String name = entry.getName();
        if (entry.isDirectory() || !name.endsWith(".jar")) {
          continue;
        }
        boolean library = name.startsWith("libs/");
        String base = name.substring(name.lastIndexOf('/') + 1, name.length() - ".jar".length());
        String unique =
            base + "-" + Long.toHexString(entry.getCrc()) + "-" + entry.getSize() + ".jar";
        Path to = (library ? libs : own).resolve(library ? unique : function + "-" + unique);
        if (!Files.exists(to)) {
          Path part = Files.createTempFile(to.getParent(), "unpack", ".part");
          try (InputStream in = file.getInputStream(entry)) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
          }
          Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
        }
        (library ? libraries : jars).add(to);
      }
    }
    if (jars.size() != 1) {
      throw new BadInput(
          zip.getFileName() + " has " + jars.size() + " jars at its root; the buildpack takes one");
    }
    return new FunctionPackage(jars.getFirst(), List.copyOf(libraries));
  }
}
