package dev.sluice.validation;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A way in which old texts become new ones: something is dropped, or added, or both are the same
 * but for something.
 *
 * @param words what the new values are, after "the old values"
 * @param direction which side forgets what the other has
 * @param forget gives the text without it
 */
record Respelling(String words, Direction direction, UnaryOperator<String> forget) {
  /** Which side {@link #forget} is applied to. */
  enum Direction {
    /** New texts lack something. */
    DROPPED,
    /** New texts have something more. */
    ADDED,
    /** Both are compared without it. */
    CHANGED
  }

  private static final Pattern PUNCTUATION = Pattern.compile("[^\\p{L}\\p{N}]");
  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final Pattern LEADING_ZEROS = Pattern.compile("(?<![0-9.,])0+(?=[0-9])");
  private static final Pattern NO_DIGIT = Pattern.compile("[^0-9]");
  private static final Pattern MARKS = Pattern.compile("\\p{M}+");
  private static final Pattern NO_FRACTION = Pattern.compile("\\.0+$");

  /** Fewer pairs may be an accident. */
  private static final int FEWEST = 3;

  private static final double MOST = 0.5;
  private static final double NEARLY_ALL = 0.9;

  /** Simple ones first: among those that explain as much the first is told. */
  private static List<Respelling> known(Collection<String> before, Collection<String> now) {
    List<Respelling> all = new ArrayList<>();
    all.add(new Respelling("in capitals", Direction.DROPPED, s -> s.toUpperCase(Locale.ROOT)));
    all.add(new Respelling("in small letters", Direction.DROPPED, s -> s.toLowerCase(Locale.ROOT)));
    both(all, "blanks around them", String::strip);
    both(all, "leading zeros", s -> LEADING_ZEROS.matcher(s).replaceAll(""));
    both(all, "an empty fraction (.0)", s -> NO_FRACTION.matcher(s).replaceAll(""));
    both(all, "blanks", s -> BLANKS.matcher(s).replaceAll(""));
    both(all, "accents", Respelling::withoutAccents);
    affixes(all, before, Direction.DROPPED);
    affixes(all, now, Direction.ADDED);
    both(all, "punctuation", s -> PUNCTUATION.matcher(s).replaceAll(""));
    both(all, "all but digits", s -> NO_DIGIT.matcher(s).replaceAll(""));
    both(
        all,
        "all but digits, and leading zeros",
        s -> LEADING_ZEROS.matcher(NO_DIGIT.matcher(s).replaceAll("")).replaceAll(""));
    all.add(
        new Respelling(
            "in another case or with other punctuation",
            Direction.CHANGED,
            s -> PUNCTUATION.matcher(withoutAccents(s)).replaceAll("").toLowerCase(Locale.ROOT)));
    all.add(
        new Respelling(
            "as times written in another way",
            Direction.CHANGED,
            s -> {
              double seconds = TimeAxis.parse(s);
              return Double.isNaN(seconds) ? "" : Double.toString(seconds);
            }));
    return all;
  }

  private static void both(List<Respelling> all, String what, UnaryOperator<String> forget) {
    all.add(new Respelling("without " + what, Direction.DROPPED, forget));
    all.add(
        new Respelling(
            what.startsWith("all but digits") ? "with something around the digits" : "with " + what,
            Direction.ADDED,
            forget));
  }

  private static String withoutAccents(String text) {
    return MARKS.matcher(Normalizer.normalize(text, Normalizer.Form.NFD)).replaceAll("");
  }

  /** What all texts of a side begin or end with. */
  private static void affixes(List<Respelling> all, Collection<String> texts, Direction direction) {
    if (texts.size() < FEWEST) {
      return;
    }
    String with = direction == Direction.DROPPED ? "without" : "with";
    String prefix = common(texts, /* atEnd= */ false);
    String suffix = common(texts, /* atEnd= */ true);
    if (!prefix.isEmpty()) {
      all.add(
          new Respelling(
              with + " " + Wording.quoted(prefix) + " before them",
              direction,
              s -> s.startsWith(prefix) ? s.substring(prefix.length()) : s));
    }
    if (!suffix.isEmpty()) {
      all.add(
          new Respelling(
              with + " " + Wording.quoted(suffix) + " after them",
              direction,
              s -> s.endsWith(suffix) ? s.substring(0, s.length() - suffix.length()) : s));
    }
  }

  private static String common(Collection<String> texts, boolean atEnd) {
    @Nullable String common = null;
    for (String text : texts) {
      if (common == null) {
        common = text;
        continue;
      }
      int n = 0;
      while (n < Math.min(common.length(), text.length())
          && at(common, n, atEnd) == at(text, n, atEnd)) {
        n++;
      }
      common = atEnd ? common.substring(common.length() - n) : common.substring(0, n);
    }
    return common == null ? "" : common;
  }

  private static char at(String text, int i, boolean atEnd) {
    return text.charAt(atEnd ? text.length() - 1 - i : i);
  }

  /**
   * How old values map to new ones.
   *
   * @param respelling what maps most of them
   * @param matched old values that come again that way; 0 where only the shapes are alike
   * @param known old values that were looked for
   * @param oneToOne true where no two old values become the same
   * @param before an old value
   * @param now what became of it
   */
  record Mapping(
      Respelling respelling, int matched, int known, boolean oneToOne, String before, String now) {}

  /**
   * The respelling that most old values come again by; where none comes again, one that gives most
   * of them a new shape; null where neither is so.
   *
   * @param before values known from before
   * @param now values that were not there before
   * @param format the shape of a text
   * @param formats the new shapes
   */
  static @Nullable Mapping find(
      Set<String> before, Set<String> now, UnaryOperator<String> format, Set<String> formats) {
    if (before.isEmpty() || now.isEmpty()) {
      return null;
    }
    List<Respelling> all = known(before, now);
    @Nullable Mapping best = null;
    for (Respelling one : all) {
      Mapping mapping = one.match(before, now);
      if (mapping != null && (best == null || mapping.matched() > best.matched())) {
        best = mapping;
      }
    }
    if (best != null
        && best.matched() >= Math.min(FEWEST, before.size())
        && (best.matched() >= MOST * before.size() || best.matched() >= MOST * now.size())) {
      return best;
    }
    Set<String> oldFormats = new HashSet<>();
    before.forEach(value -> oldFormats.add(format.apply(value)));
    for (Respelling one : all) {
      Mapping mapping = one.shape(before, now, format, oldFormats, formats);
      if (mapping != null) {
        return mapping;
      }
    }
    return null;
  }

  private @Nullable Mapping match(Set<String> before, Set<String> now) {
    Map<String, String> images = new HashMap<>();
    for (String value : now) {
      String image = direction == Direction.DROPPED ? value : forget.apply(value);
      if (!image.isEmpty() && (direction == Direction.DROPPED || !image.equals(value))) {
        images.putIfAbsent(image, value);
      } else if (direction == Direction.CHANGED && !image.isEmpty()) {
        images.putIfAbsent(image, value);
      }
    }
    Map<String, String> matched = new LinkedHashMap<>();
    int n = 0;
    for (String value : before.stream().sorted().toList()) {
      String image = direction == Direction.ADDED ? value : forget.apply(value);
      String found = images.get(image);
      if (found != null && !found.equals(value)) {
        n++;
        matched.putIfAbsent(found, value);
      }
    }
    if (n == 0) {
      return null;
    }
    Map.Entry<String, String> first = matched.entrySet().iterator().next();
    return new Mapping(
        this, n, before.size(), matched.size() == n, first.getValue(), first.getKey());
  }

  private @Nullable Mapping shape(
      Set<String> before,
      Set<String> now,
      UnaryOperator<String> format,
      Set<String> oldFormats,
      Set<String> newFormats) {
    Set<String> from = direction == Direction.ADDED ? now : before;
    int alike = 0;
    for (String value : from) {
      String image = forget.apply(value);
      boolean like =
          direction == Direction.CHANGED
              ? false
              : !image.equals(value)
                  && (direction == Direction.DROPPED ? newFormats : oldFormats)
                      .contains(format.apply(image));
      alike += like ? 1 : 0;
    }
    boolean times =
        direction == Direction.CHANGED && words.startsWith("as times") && allTimes(before, now);
    return times || (from.size() >= FEWEST && alike >= NEARLY_ALL * from.size())
        ? new Mapping(
            this,
            0,
            before.size(),
            false,
            before.stream().min(String::compareTo).orElse(""),
            now.stream().min(String::compareTo).orElse(""))
        : null;
  }

  private static boolean allTimes(Set<String> before, Set<String> now) {
    return Stream.concat(before.stream(), now.stream())
        .allMatch(text -> !Double.isNaN(TimeAxis.parse(text)));
  }
}
