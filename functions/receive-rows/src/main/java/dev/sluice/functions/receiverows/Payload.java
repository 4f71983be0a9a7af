package dev.sluice.functions.receiverows;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.contracts.BadInput;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.example.Example;

/**
 * One example as it was sent, told apart by its content: a JSON object (RFC 8259, UTF-8) of texts,
 * numbers, booleans, nulls, lists of what is not null, and objects of the same; or a serialized
 * tf.Example with at least one feature. Each read takes time and memory in proportion to the
 * payload, which is bounded, and keeps nothing of it but its text.
 *
 * <p>A tf.Example begins with a line feed, which JSON passes over, so JSON is tried first: no
 * tf.Example is JSON, as one line feed more follows inside what would be its first name.
 *
 * @param format {@code json} or {@code example}
 * @param text the JSON, or the tf.Example in base64
 */
record Payload(String format, String text) {
  static final int MOST_BYTES = 1 << 20;

  private static final int DEEPEST = 16;
  private static final int MOST_NAMES = 10_000;
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /**
   * @throws BadInput where it is neither, naming the place
   */
  static Payload of(byte[] data) {
    if (data.length == 0) {
      throw new BadInput(
          "the message has no data; publish one JSON object or tf.Example a message");
    }
    if (data.length > MOST_BYTES) {
      throw new BadInput(
          "the message has "
              + data.length
              + " bytes, more than the "
              + MOST_BYTES
              + " that a row may have; send large content as files");
    }
    int first = 0;
    while (first < data.length && isBlank(data[first])) {
      first++;
    }
    boolean json = first < data.length && data[first] == '{';
    if (json || data[0] == (byte) 0xEF) {
      try {
        return json(data);
      } catch (BadInput e) {
        if (data[0] != '\n') {
          throw e;
        }
      }
    }
    return example(data);
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\n' || b == '\r';
  }

  private static Payload example(byte[] data) {
    try {
      Example example = Example.parseFrom(data);
      if (example.getFeatures().getFeatureCount() > 0
          && example.getUnknownFields().asMap().isEmpty()
          && example.getFeatures().getUnknownFields().asMap().isEmpty()) {
        return new Payload("example", Base64.getEncoder().encodeToString(data));
      }
    } catch (InvalidProtocolBufferException e) {
      throw neither(e);
    }
    throw neither(null);
  }

  private static BadInput neither(@Nullable Throwable cause) {
    return new BadInput(
        "the message's data is neither a JSON object nor a serialized tf.Example with features",
        cause);
  }

  private static Payload json(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) {
      check(data);
    }
    if (text.charAt(0) == BYTE_ORDER_MARK) {
      text = text.substring(1);
    }
    JsonReader in = new JsonReader(new StringReader(text));
    in.setStrictness(Strictness.STRICT);
    try {
      int[] names = {0};
      object(in, /* depth= */ 1, names);
      end(in);
    } catch (EOFException e) {
      throw new BadInput("the message's JSON ends too early, at " + in.getPath(), e);
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw new BadInput("the message's data is not a JSON object: " + firstLine(e), e);
    }
    return new Payload("json", text);
  }

  private static void end(JsonReader in) throws IOException {
    try {
      if (in.peek() == JsonToken.END_DOCUMENT) {
        return;
      }
    } catch (MalformedJsonException e) {
      // Something follows that cannot begin JSON; the same.
    }
    throw new BadInput("something follows the message's JSON object; publish one a message");
  }

  /** What Gson says, without its advice to programmers. */
  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage())
        .lines()
        .findFirst()
        .orElse("")
        .replaceFirst("^Use JsonReader.* to accept ", "");
  }

  /** A text with replacement characters may have had them from the start. */
  private static void check(byte[] data) {
    try {
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(data));
    } catch (CharacterCodingException e) {
      throw new BadInput("the message's JSON is not UTF-8; encode it so", e);
    }
  }

  private static void object(JsonReader in, int depth, int[] names) throws IOException {
    if (depth > DEEPEST) {
      throw new BadInput(
          "the message's JSON is nested deeper than " + DEEPEST + " objects, at " + in.getPath());
    }
    in.beginObject();
    Set<String> seen = new HashSet<>();
    while (in.hasNext()) {
      String name = in.nextName();
      if (name.isEmpty()) {
        throw new BadInput("the member " + in.getPath() + " has no name; give it one");
      }
      if (!seen.add(name)) {
        throw new BadInput("the member " + in.getPath() + " is there twice; send it once");
      }
      if (++names[0] > MOST_NAMES) {
        throw new BadInput("the message's JSON has more than " + MOST_NAMES + " members");
      }
      switch (in.peek()) {
        case BEGIN_OBJECT -> object(in, depth + 1, names);
        case BEGIN_ARRAY -> list(in);
        default -> scalar(in);
      }
    }
    in.endObject();
  }

  private static void list(JsonReader in) throws IOException {
    in.beginArray();
    while (in.hasNext()) {
      JsonToken token = in.peek();
      if (token == JsonToken.BEGIN_ARRAY
          || token == JsonToken.BEGIN_OBJECT
          || token == JsonToken.NULL) {
        throw new BadInput(
            "the list at "
                + in.getPath()
                + " holds "
                + switch (token) {
                  case BEGIN_ARRAY -> "a list";
                  case BEGIN_OBJECT -> "an object";
                  default -> "null";
                }
                + "; a list may hold texts, numbers and booleans");
      }
      scalar(in);
    }
    in.endArray();
  }

  private static void scalar(JsonReader in) throws IOException {
    switch (in.peek()) {
      case NUMBER -> {
        String where = in.getPath();
        String number = in.nextString();
        if (!Double.isFinite(Double.parseDouble(number))) {
          throw new BadInput("the number at " + where + " is beyond what a double holds");
        }
      }
      case NULL -> in.nextNull();
      case BOOLEAN -> {
        boolean _ = in.nextBoolean();
      }
      default -> {
        String _ = in.nextString();
      }
    }
  }
}
