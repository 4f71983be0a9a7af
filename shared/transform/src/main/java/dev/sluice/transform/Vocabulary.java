package dev.sluice.transform;

import dev.sluice.contracts.BadInput;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Distinct tokens, each with its place as its id. As a file: UTF-8, one token a line, the line's
 * number from 0 is the id, each line ended by one line feed. In a token a backslash stands as
 * {@code \\}, a line feed as {@code \n} and a carriage return as {@code \r}; nothing else is
 * escaped.
 */
public final class Vocabulary {
  private final List<String> tokens;
  private final Map<String, Integer> ids;

  private Vocabulary(List<String> tokens) {
    this.tokens = List.copyOf(tokens);
    this.ids = HashMap.newHashMap(tokens.size());
    for (int i = 0; i < tokens.size(); i++) {
      if (ids.put(tokens.get(i), i) != null) {
        throw new BadInput("a vocabulary holds the token '" + tokens.get(i) + "' twice");
      }
    }
  }

  /**
   * @param tokens in the order of their ids
   * @throws BadInput where a token stands twice
   */
  public static Vocabulary of(List<String> tokens) {
    return new Vocabulary(tokens);
  }

  /** In the order of their ids. */
  public List<String> tokens() {
    return tokens;
  }

  /** How many tokens there are. */
  public int size() {
    return tokens.size();
  }

  /** The token's id, or -1 where it is unknown. */
  public int id(String token) {
    Integer id = ids.get(token);
    return id == null ? -1 : id;
  }

  /** The file's content. */
  public byte[] toFile() {
    StringBuilder out = new StringBuilder();
    for (String token : tokens) {
      for (int i = 0; i < token.length(); i++) {
        char c = token.charAt(i);
        switch (c) {
          case '\\' -> out.append("\\\\");
          case '\n' -> out.append("\\n");
          case '\r' -> out.append("\\r");
          default -> out.append(c);
        }
      }
      out.append('\n');
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * @param what the file's name, for errors
   * @throws BadInput naming the line that cannot be read
   */
  public static Vocabulary fromFile(byte[] file, String what) {
    String text = new String(file, StandardCharsets.UTF_8);
    List<String> tokens = new ArrayList<>();
    StringBuilder token = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        tokens.add(token.toString());
        token.setLength(0);
      } else if (c == '\\') {
        char escaped = ++i < text.length() ? text.charAt(i) : '\0';
        token.append(
            switch (escaped) {
              case '\\' -> '\\';
              case 'n' -> '\n';
              case 'r' -> '\r';
              default ->
                  throw new BadInput(
                      what
                          + " line "
                          + (tokens.size() + 1)
                          + ": a backslash is followed by neither \\, n nor r; the file was"
                          + " changed since it was written");
            });
      } else {
        token.append(c);
      }
    }
    if (!token.isEmpty()) {
      throw new BadInput(
          what + " does not end in a line feed: it is cut off after " + tokens.size() + " tokens");
    }
    return new Vocabulary(tokens);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Vocabulary that && tokens.equals(that.tokens);
  }

  @Override
  public int hashCode() {
    return tokens.hashCode();
  }

  @Override
  public String toString() {
    return size() + " tokens";
  }
}
