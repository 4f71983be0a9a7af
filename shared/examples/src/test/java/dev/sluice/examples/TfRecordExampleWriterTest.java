package dev.sluice.examples;

import static dev.sluice.contracts.ValueType.FLOAT;
import static dev.sluice.contracts.ValueType.INT;
import static dev.sluice.contracts.ValueType.STRING;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.contracts.Bug;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.example.BytesList;
import org.tensorflow.example.Example;
import org.tensorflow.example.Feature;
import org.tensorflow.example.Features;

class TfRecordExampleWriterTest {
  private static final byte[] IMAGE = {(byte) 0x89, 'P', 0, (byte) 0xff};

  /** Every type, one value and several, with what is missing. */
  private static ExampleBatch batch() throws Misfit {
    List<Field> fields =
        List.of(
            new Field("text", STRING),
            new Field("id", INT),
            new Field("price", FLOAT),
            new Field("image", STRING, false, true),
            new Field("tags", STRING, true, false),
            new Field("counts", INT, true, false),
            new Field("scores", FLOAT, true, false),
            new Field("\u00e9t\u00e9", INT),
            new Field(Field.ROW, INT),
            new Field(Field.SOURCE, STRING));
    BatchBuilder builder = new BatchBuilder(fields);
    byte[] text = "Zo\u00eb \u2603".getBytes(UTF_8);
    builder.text(0, text, 0, text.length);
    builder.integer(1, -5);
    builder.number(2, .1);
    builder.binary(3, IMAGE, 0, IMAGE.length);
    for (String tag : List.of("a", "bb", "a")) {
      builder.text(4, tag.getBytes(UTF_8), 0, tag.length());
    }
    builder.integer(5, Long.MIN_VALUE);
    builder.integer(5, Long.MAX_VALUE);
    builder.number(6, -2.5);
    builder.number(6, Double.NaN);
    builder.number(6, 1e300);
    builder.integer(7, 1);
    builder.integer(8, 1);
    builder.text(9, "in/a".getBytes(UTF_8), 0, 4);
    builder.endRow();
    builder.integer(1, 300);
    builder.endRow();
    builder.endRow();
    return builder.take();
  }

  private static byte[] written(ExampleBatch... batches) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TfRecordExampleWriter writer = new TfRecordExampleWriter(out, batches[0].fields())) {
      for (ExampleBatch batch : batches) {
        writer.write(batch);
      }
      writer.finish();
      assertThat(writer.rows())
          .isEqualTo(Arrays.stream(batches).mapToLong(ExampleBatch::rows).sum());
    }
    return out.toByteArray();
  }

  /** The records, by the format's specification alone. */
  private static List<Example> parsed(byte[] bytes) throws InvalidProtocolBufferException {
    List<byte[]> records = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      int length = (int) in.getLong();
      in.getInt();
      byte[] record = new byte[length];
      in.get(record);
      in.getInt();
      records.add(record);
    }
    assertThat(Reading.tfRecords(records)).isEqualTo(bytes);
    List<Example> examples = new ArrayList<>();
    for (byte[] record : records) {
      examples.add(Example.parseFrom(record));
    }
    return examples;
  }

  @Test
  void theGeneratedClassesReadEveryValue() throws Exception {
    List<Example> examples = parsed(written(batch()));
    Feature image =
        Feature.newBuilder()
            .setBytesList(BytesList.newBuilder().addValue(ByteString.copyFrom(IMAGE)))
            .build();
    assertThat(examples)
        .containsExactly(
            Example.newBuilder()
                .setFeatures(
                    Features.newBuilder()
                        .putFeature("text", RandomExamples.bytes("Zo\u00eb \u2603"))
                        .putFeature("id", RandomExamples.ints(-5))
                        .putFeature("price", RandomExamples.floats(.1f))
                        .putFeature("image", image)
                        .putFeature("tags", RandomExamples.bytes("a", "bb", "a"))
                        .putFeature("counts", RandomExamples.ints(Long.MIN_VALUE, Long.MAX_VALUE))
                        .putFeature(
                            "scores",
                            RandomExamples.floats(-2.5f, Float.NaN, Float.POSITIVE_INFINITY))
                        .putFeature("\u00e9t\u00e9", RandomExamples.ints(1)))
                .build(),
            Example.newBuilder()
                .setFeatures(Features.newBuilder().putFeature("id", RandomExamples.ints(300)))
                .build(),
            Example.newBuilder().setFeatures(Features.getDefaultInstance()).build());
  }

  @Test
  void featuresStandInTheOrderOfTheirNames() throws Exception {
    String bytes = new String(written(batch()), ISO_8859_1);
    List<Integer> places =
        List.of("counts", "id", "image", "price", "scores", "tags", "text", "\u00c3\u00a9t")
            .stream()
            .map(bytes::indexOf)
            .toList();
    assertThat(places).isSorted().doesNotContain(-1);
    assertThat(bytes).doesNotContain("__row").doesNotContain("__source");
  }

  @Test
  void whatIsReadAndWrittenAgainIsTheSameBytes() throws Exception {
    byte[] bytes;
    try (InputStream in = TfRecordFileTest.class.getResourceAsStream("tensorflow.tfrecord")) {
      bytes = in.readAllBytes();
    }
    byte[] once = again(bytes);
    assertThat(again(once)).isEqualTo(once);
    assertThat(Reading.records(RecordFiles.detect(ByteSource.of("a.tfrecord", once))))
        .extracting(Reading.Found::values)
        .isEqualTo(
            Reading.records(RecordFiles.detect(ByteSource.of("a.tfrecord", bytes))).stream()
                .map(Reading.Found::values)
                .toList());
  }

  private static byte[] again(byte[] bytes) throws IOException {
    RecordFile file = RecordFiles.detect(ByteSource.of("a.tfrecord", bytes));
    List<ExampleBatch> batches = new ArrayList<>();
    try (ExampleReader reader = Ingestion.read(List.of(file))) {
      for (ExampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        batches.add(batch);
      }
    }
    return written(batches.toArray(ExampleBatch[]::new));
  }

  /** What TensorFlow 2.21.0 has read from these bytes, see src/test/scripts/tfrecord.py. */
  @Test
  void tensorFlowReadsTheSameBytes() throws Exception {
    try (InputStream in = TfRecordFileTest.class.getResourceAsStream("sluice.tfrecord")) {
      assertThat(written(batch())).isEqualTo(in.readAllBytes());
    }
    try (InputStream in = TfRecordFileTest.class.getResourceAsStream("sluice.jsonl")) {
      assertThat(new String(in.readAllBytes(), UTF_8).lines().toList())
          .containsExactly(
              "{\"counts\": {\"int64_list\": [-9223372036854775808, 9223372036854775807]}, \"id\":"
                  + " {\"int64_list\": [-5]}, \"image\": {\"bytes_list\": [\""
                  + Base64.getEncoder().encodeToString(IMAGE)
                  + "\"]}, \"price\": {\"float_list\": [0.10000000149011612]}, \"scores\":"
                  + " {\"float_list\": [-2.5, NaN, Infinity]}, \"tags\": {\"bytes_list\":"
                  + " [\"YQ==\", \"YmI=\", \"YQ==\"]}, \"text\": {\"bytes_list\": [\""
                  + Base64.getEncoder().encodeToString("Zo\u00eb \u2603".getBytes(UTF_8))
                  + "\"]}, \"\\u00e9t\\u00e9\": {\"int64_list\": [1]}}",
              "{\"id\": {\"int64_list\": [300]}}",
              "{}");
    }
  }

  @Test
  void manyRowsAreReadBack() throws Exception {
    List<Field> fields = List.of(new Field("id", INT), new Field("text", STRING));
    BatchBuilder builder = new BatchBuilder(fields);
    for (int r = 0; r < 10_000; r++) {
      builder.integer(0, r);
      byte[] text = "x".repeat(r % 300).getBytes(UTF_8);
      builder.text(1, text, 0, text.length);
      builder.endRow();
    }
    RecordFile file = RecordFiles.detect(ByteSource.of("a.tfrecord", written(builder.take())));
    List<Reading.Found> found = Reading.records(file);
    assertThat(found).hasSize(10_000);
    assertThat(found.get(9_999).values()).isEqualTo("{id=9999, text=" + "x".repeat(99) + "}");
  }

  @Test
  void aBatchOfOtherFieldsIsRefused() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TfRecordExampleWriter writer =
        new TfRecordExampleWriter(out, List.of(new Field("a", INT)))) {
      assertThatThrownBy(() -> writer.write(batch())).isInstanceOf(Bug.class);
    }
  }
}
