package dev.sluice.emulators.storage;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiPredicate;

/** Failures a test has asked for; each is used up as calls meet it, oldest first. */
final class Faults {
  private static final class Rule {
    final BiPredicate<String, String> when;
    final int status;
    final boolean afterwards;
    int left;

    Rule(BiPredicate<String, String> when, int status, boolean afterwards, int left) {
      this.when = when;
      this.status = status;
      this.afterwards = afterwards;
      this.left = left;
    }
  }

  private final List<Rule> rules = new ArrayList<>();

  synchronized void add(
      BiPredicate<String, String> when, int status, boolean afterwards, int times) {
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("status must be an error, 400 to 599, not " + status);
    }
    if (times < 1) {
      throw new IllegalArgumentException("times must be at least 1, not " + times);
    }
    rules.add(new Rule(when, status, afterwards, times));
  }

  /** Throws if a fault of this moment (before or after the work) is due for the call. */
  synchronized void check(String method, String path, boolean afterwards) throws ApiError {
    for (Iterator<Rule> all = rules.iterator(); all.hasNext(); ) {
      Rule rule = all.next();
      if (rule.afterwards == afterwards && rule.when.test(method, path)) {
        rule.left--;
        if (rule.left == 0) {
          all.remove();
        }
        throw ApiError.ofStatus(rule.status);
      }
    }
  }
}
