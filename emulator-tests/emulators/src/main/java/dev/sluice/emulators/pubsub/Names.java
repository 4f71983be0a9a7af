package dev.sluice.emulators.pubsub;

import io.grpc.Status;
import java.util.Locale;
import java.util.regex.Pattern;

/** Names of resources, such as {@code projects/p/topics/t}. */
final class Names {
  private static final Pattern ID = Pattern.compile("[A-Za-z][A-Za-z0-9._~+%-]{2,254}");

  private Names() {}

  /** Checks a name of a kind ("topics", "subscriptions"), or fails the call. */
  static void check(String name, String kind) {
    String[] parts = name.split("/", -1);
    if (parts.length != 4
        || !parts[0].equals("projects")
        || parts[1].isEmpty()
        || !parts[2].equals(kind)
        || !ID.matcher(parts[3]).matches()
        || parts[3].toLowerCase(Locale.ROOT).startsWith("goog")) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "Invalid [%s] name: (name=%s); it must be projects/PROJECT/%s/ID with an ID of 3 to 255 letters, digits and -_.~+%% that starts with a letter and not with goog."
                  .formatted(kind, name, kind))
          .asRuntimeException();
    }
  }

  static String project(String name) {
    return name.split("/", -1)[1];
  }
}
