package dev.sluice.localcloud;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which cloud a command speaks to: a local one, or one that Terraform made. */
final class CloudOption {
  /** What the file must name. */
  static final List<String> NEEDED =
      List.of(
          "GOOGLE_CLOUD_PROJECT",
          "SLUICE_INBOX",
          "SLUICE_ARTIFACTS",
          "SLUICE_SERVING",
          "SLUICE_DATASET");

  @Mixin private StateOption state;

  @Option(
      names = "--cloud",
      paramLabel = "FILE",
      description =
          "A deployed cloud in place of a local one: the file that terraform output -raw cloud"
              + " printed. You are who gcloud auth application-default login made you.")
  private @Nullable Path file;

  /**
   * Its addresses.
   *
   * @throws BadInput where no local cloud runs, or the file is none of a cloud
   */
  Addresses addresses() throws IOException {
    Path given = file;
    return given == null ? Addresses.of(state.folder()) : deployed(given);
  }

  /** Its addresses, or nothing where no deployed cloud is named and no local one runs. */
  Optional<Addresses> ifUp() throws IOException {
    return file == null && !Addresses.isUp(state.folder())
        ? Optional.empty()
        : Optional.of(addresses());
  }

  static Addresses deployed(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new BadInput(file + " is no file; make it with: terraform output -raw cloud > " + file);
    }
    Map<String, String> variables = new LinkedHashMap<>();
    List<String> lines = Files.readAllLines(file);
    for (int number = 1; number <= lines.size(); number++) {
      String line = lines.get(number - 1).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      int equals = line.indexOf('=');
      if (equals < 1 || !line.substring(0, equals).matches("[A-Z][A-Z0-9_]*")) {
        throw new BadInput(
            file
                + ", line "
                + number
                + ": '"
                + line
                + "' is not NAME=value, which terraform output -raw cloud prints");
      }
      variables.put(line.substring(0, equals), line.substring(equals + 1).strip());
    }
    for (String name : NEEDED) {
      if (variables.getOrDefault(name, "").isEmpty()) {
        throw new BadInput(
            file + " lacks " + name + "; make it with: terraform output -raw cloud > " + file);
      }
    }
    return new Addresses(/* pid= */ 0, variables, Map.of());
  }
}
