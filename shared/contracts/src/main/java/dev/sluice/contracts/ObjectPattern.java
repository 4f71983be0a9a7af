package dev.sluice.contracts;

import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names of objects: text with {@code {SPAN}} for one segment, {@code {VERSION}} for a number,
 * {@code *} for anything within a segment and {@code **} for anything over segments, where {@code
 * **}{@code /} also stands for no folder at all. Segments that begin with {@code .} or {@code _}
 * are hidden: they match only where the pattern itself writes that character, so that markers,
 * temporary folders and what tools leave behind are no data.
 */
public final class ObjectPattern {
  private static final Pattern SPECIAL =
      Pattern.compile("\\{SPAN}|\\{VERSION}|(?<=/)\\*\\*/|\\*\\*|\\*");

  /** More could match in too many ways: the cost grows with the name's length to this power. */
  private static final int MAX_PARTS_OF_A_SEGMENT = 3;

  private static final int MAX_OVER_SEGMENTS = 2;

  private static final Pattern HIDDEN = Pattern.compile("(?:^|/)[._]");
  private static final String SHOWN = "(?![._])";
  private static final String FOLDERS = "(?:" + SHOWN + "[^/]+/)*";

  private final String text;
  private final Pattern pattern;
  private final boolean hasSpan;
  private final boolean hasVersion;

  private ObjectPattern(String text) {
    this.text = text;
    this.pattern = compile(text);
    this.hasSpan = text.contains("{SPAN}");
    this.hasVersion = text.contains("{VERSION}");
  }

  /**
   * Where an object belongs.
   *
   * @param span what {@code {SPAN}} stands for, "" without it
   * @param version what {@code {VERSION}} stands for, null without it
   */
  public record Place(String span, @Nullable Long version) implements Comparable<Place> {
    private static final Comparator<Place> NATURAL =
        Comparator.comparing(Place::span, Order.SPANS)
            .thenComparing(Place::version, Comparator.nullsFirst(Comparator.naturalOrder()));

    @Override
    public int compareTo(Place other) {
      return NATURAL.compare(this, other);
    }

    /** For people: {@code span 2026-11-01, version 2}. */
    public String describe() {
      return (span.isEmpty() ? "the whole source" : "span " + span)
          + (version == null ? "" : ", version " + version);
    }
  }

  /**
   * @throws BadInput with a sentence that begins with {@code is '<text>'; }
   */
  public static ObjectPattern parse(String text) {
    String wrong = null;
    if (text.startsWith("/") || text.startsWith("*") || text.startsWith("{")) {
      wrong = "it must begin with a folder of its own, such as listings";
    } else if (text.replace("{SPAN}", "").replace("{VERSION}", "").matches("(?s).*[{}].*")) {
      wrong = "{SPAN} and {VERSION} are the only parts in braces";
    } else if (text.contains("***")) {
      wrong = "* stands for a part of a segment and ** for several; *** for nothing";
    } else if (hasTooManyParts(text)) {
      wrong =
          "it has more than "
              + MAX_PARTS_OF_A_SEGMENT
              + " variable parts in a segment, or more than "
              + MAX_OVER_SEGMENTS
              + " times **";
    } else if (text.endsWith("/")) {
      wrong = "it must name objects; end it with * for all of the folder";
    } else if (text.contains("{VERSION}") && !text.contains("{SPAN}")) {
      wrong = "{VERSION} counts the versions of a span; name {SPAN} too";
    } else {
      String name = Names.objectProblem(text);
      wrong = name == null ? null : "it matches nothing, as a name that " + name + " is not taken";
    }
    if (wrong != null) {
      throw new BadInput("is '" + text + "'; " + wrong);
    }
    return new ObjectPattern(text);
  }

  /** True where a part of the pattern tells the span. */
  public boolean hasSpan() {
    return hasSpan;
  }

  /** True where a part of the pattern tells the version. */
  public boolean hasVersion() {
    return hasVersion;
  }

  private static boolean hasTooManyParts(String text) {
    long over = 0;
    for (String segment : text.split("/", -1)) {
      long parts = SPECIAL.matcher(segment).results().count();
      if (parts > MAX_PARTS_OF_A_SEGMENT) {
        return true;
      }
      over += segment.contains("**") ? 1 : 0;
    }
    return over > MAX_OVER_SEGMENTS;
  }

  /** Where an object of that name belongs; null where the pattern does not take it. */
  public @Nullable Place place(String objectName) {
    if (objectName.endsWith("/") || Names.objectProblem(objectName) != null) {
      return null;
    }
    Matcher matcher = pattern.matcher(objectName);
    if (!matcher.matches()) {
      return null;
    }
    return new Place(
        hasSpan ? matcher.group("span") : "",
        hasVersion ? Long.valueOf(matcher.group("version")) : null);
  }

  /** True where a segment after the pattern's fixed folders begins with {@code .} or {@code _}. */
  public boolean hides(String objectName) {
    String folders = prefix().substring(0, prefix().lastIndexOf('/') + 1);
    return !folders.isEmpty()
        && objectName.startsWith(folders)
        && HIDDEN.matcher(objectName.substring(folders.length())).find();
  }

  /** What every object begins with: the pattern up to its first variable part. */
  public String prefix() {
    Matcher special = SPECIAL.matcher(text);
    return special.find() ? text.substring(0, special.start()) : text;
  }

  /**
   * The name of an object of that place: the file's own name in the last segment.
   *
   * @throws BadInput where the pattern cannot be filled so
   */
  public String fill(Place place, String fileName) {
    if (hasVersion && place.version() == null) {
      throw new BadInput("'" + text + "' needs a version; give one, such as 1");
    }
    if (!hasVersion && place.version() != null) {
      throw new BadInput("'" + text + "' has no {VERSION}; leave the version out");
    }
    int slash = text.lastIndexOf('/');
    String folder = text.substring(0, slash + 1).replace("**/", "");
    if (folder.contains("*")) {
      throw new BadInput(
          "'" + text + "' has a folder with *, which nothing here tells; upload the file yourself");
    }
    String last = text.substring(slash + 1);
    String name = filled(folder, place) + (last.contains("*") ? fileName : filled(last, place));
    Place reached = place(name);
    Place wanted = hasSpan ? place : new Place("", place.version());
    if (!wanted.equals(reached)) {
      throw new BadInput(
          "'"
              + text
              + "' takes no object '"
              + Names.printable(name)
              + "' of "
              + Names.printable(wanted.describe())
              + "; rename the file, or give another span");
    }
    return name;
  }

  private static String filled(String part, Place place) {
    return part.replace("{SPAN}", place.span()).replace("{VERSION}", place.version() + "");
  }

  /**
   * The pattern of the one object of that name beside the data of each span and version: in the
   * folder that ends before the first wildcard.
   *
   * @throws BadInput with a sentence that begins with {@code is '<text>'; }, where the span or the
   *     version does not stand in that folder
   */
  public ObjectPattern beside(String fileName) {
    StringBuilder folder = new StringBuilder();
    List<String> segments = List.of(text.split("/", -1));
    for (String segment : segments.subList(0, segments.size() - 1)) {
      if (segment.contains("*")) {
        break;
      }
      folder.append(segment).append('/');
    }
    for (String part : List.of("{SPAN}", "{VERSION}")) {
      if (text.contains(part) && folder.indexOf(part) < 0) {
        throw new BadInput(
            "is '"
                + text
                + "'; "
                + part
                + " must be in a folder's name, before any *, so that "
                + fileName
                + " can stand beside the data");
      }
    }
    return new ObjectPattern(folder + fileName);
  }

  /** The pattern as it was written. */
  @Override
  public String toString() {
    return text;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ObjectPattern that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  private static Pattern compile(String text) {
    StringBuilder out = new StringBuilder();
    Matcher special = SPECIAL.matcher(text);
    int from = 0;
    boolean span = false;
    boolean version = false;
    while (special.find()) {
      out.append(Pattern.quote(text.substring(from, special.start())));
      boolean starts = special.start() > 0 && text.charAt(special.start() - 1) == '/';
      String shown = starts ? SHOWN : "";
      switch (special.group()) {
        case "*" -> out.append(shown).append("[^/]*");
        case "**/" -> out.append(FOLDERS);
        case "**" ->
            out.append(starts ? FOLDERS + SHOWN + "[^/]*" : "[^/]*(?:/" + SHOWN + "[^/]+)*");
        case "{VERSION}" -> {
          out.append(version ? "\\k<version>" : "(?<version>[0-9]{1,18})");
          version = true;
        }
        default -> {
          out.append(span ? "\\k<span>" : "(?<span>" + shown + "[^/]+)");
          span = true;
        }
      }
      from = special.end();
    }
    return Pattern.compile(out.append(Pattern.quote(text.substring(from))).toString());
  }
}
