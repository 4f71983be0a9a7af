package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.tensorflow.example.BytesList;
import org.tensorflow.example.Example;
import org.tensorflow.example.Feature;
import org.tensorflow.example.FloatList;
import org.tensorflow.example.Int64List;

/** Serialized {@code tf.Example}s in every form that protobuf allows. */
final class RandomExamples {
  private RandomExamples() {}

  static Feature ints(long... values) {
    Int64List.Builder list = Int64List.newBuilder();
    for (long value : values) {
      list.addValue(value);
    }
    return Feature.newBuilder().setInt64List(list).build();
  }

  static Feature floats(float... values) {
    FloatList.Builder list = FloatList.newBuilder();
    for (float value : values) {
      list.addValue(value);
    }
    return Feature.newBuilder().setFloatList(list).build();
  }

  static Feature bytes(String... values) {
    BytesList.Builder list = BytesList.newBuilder();
    for (String value : values) {
      list.addValue(ByteString.copyFromUtf8(value));
    }
    return Feature.newBuilder().setBytesList(list).build();
  }

  /** A record whose messages may come in parts, unpacked, with fields of later versions. */
  static byte[] unusual(Random random) throws IOException {
    boolean plain = random.nextInt(3) > 0;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int parts = plain ? 1 : 1 + random.nextInt(2);
    for (int p = 0; p < parts; p++) {
      ByteArrayOutputStream features = new ByteArrayOutputStream();
      int count = 1 + random.nextInt(4);
      for (int f = 0; f < count; f++) {
        String name = plain ? "f" + f : "f" + random.nextInt(3);
        field(features, 1, entry(random, name, plain));
      }
      field(out, 1, features.toByteArray());
      if (!plain && random.nextInt(4) == 0) {
        field(out, 9, new byte[] {1, 2, 3});
      }
    }
    return out.toByteArray();
  }

  private static byte[] entry(Random random, String name, boolean plain) throws IOException {
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    field(entry, 1, ByteString.copyFromUtf8(name).toByteArray());
    int values = plain ? 1 : 1 + random.nextInt(2);
    for (int v = 0; v < values; v++) {
      ByteArrayOutputStream feature = new ByteArrayOutputStream();
      int kinds = plain ? 1 : random.nextInt(3);
      for (int k = 0; k < kinds; k++) {
        int kind = 1 + random.nextInt(3);
        field(feature, kind, list(random, kind, plain));
      }
      field(entry, 2, feature.toByteArray());
    }
    return entry.toByteArray();
  }

  private static byte[] list(Random random, int kind, boolean plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    int parts = plain ? 1 : 1 + random.nextInt(2);
    for (int p = 0; p < parts; p++) {
      int count = random.nextInt(4);
      boolean packed = plain || random.nextBoolean();
      if (kind == 1) {
        for (int i = 0; i < count; i++) {
          byte[] text = new byte[random.nextInt(5)];
          random.nextBytes(text);
          out.writeByteArray(1, random.nextBoolean() ? text : "t\u00e9xt".getBytes(UTF_8));
        }
      } else if (packed) {
        ByteArrayOutputStream inner = new ByteArrayOutputStream();
        CodedOutputStream values = CodedOutputStream.newInstance(inner);
        for (int i = 0; i < count; i++) {
          if (kind == 2) {
            values.writeFloatNoTag(random.nextFloat());
          } else {
            values.writeInt64NoTag(random.nextLong() >> random.nextInt(64));
          }
        }
        values.flush();
        out.writeByteArray(1, inner.toByteArray());
      } else {
        for (int i = 0; i < count; i++) {
          if (kind == 2) {
            out.writeFloat(1, random.nextFloat());
          } else {
            out.writeInt64(1, random.nextLong() >> random.nextInt(64));
          }
        }
      }
    }
    out.flush();
    return bytes.toByteArray();
  }

  private static void field(ByteArrayOutputStream to, int number, byte[] bytes) throws IOException {
    CodedOutputStream out = CodedOutputStream.newInstance(to);
    out.writeByteArray(number, bytes);
    out.flush();
  }

  /** What {@link Reading} should find in a file of this record alone. */
  static String values(Example example) {
    TreeMap<String, Object> row = new TreeMap<>();
    example
        .getFeatures()
        .getFeatureMap()
        .forEach((name, feature) -> {
          List<Object> values = values(feature);
          if (!values.isEmpty()) {
            row.put(name, values.size() == 1 ? values.getFirst() : values);
          }
        });
    return row.toString();
  }

  private static List<Object> values(Feature feature) {
    List<Object> values = new ArrayList<>();
    switch (feature.getKindCase()) {
      case INT64_LIST -> values.addAll(feature.getInt64List().getValueList());
      case FLOAT_LIST -> feature.getFloatList().getValueList().forEach(v -> values.add((double) v));
      case BYTES_LIST -> {
        List<ByteString> texts =
            feature.getBytesList().getValueList().stream().filter(t -> !t.isEmpty()).toList();
        boolean text = texts.stream().allMatch(ByteString::isValidUtf8);
        for (ByteString value : texts) {
          values.add(
              text
                  ? value.toStringUtf8()
                  : Base64.getEncoder().encodeToString(value.toByteArray()));
        }
      }
      case KIND_NOT_SET -> {}
    }
    return values;
  }
}
