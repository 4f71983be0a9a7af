package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.contracts.ValueType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.example.Example;
import org.tensorflow.example.Feature;
import org.tensorflow.example.Features;

class TfRecordFileTest {
  /** Records of different lengths. */
  private static List<byte[]> records(int count) {
    return IntStream.range(0, count)
        .mapToObj(i ->
            example("id", RandomExamples.ints(i), "text", RandomExamples.bytes("x".repeat(i % 7))))
        .toList();
  }

  private static byte[] example(String a, Feature first, String b, Feature second) {
    return Example.newBuilder()
        .setFeatures(Features.newBuilder().putFeature(a, first).putFeature(b, second))
        .build()
        .toByteArray();
  }

  private static byte[] example(String name, Feature feature) {
    return Example.newBuilder()
        .setFeatures(Features.newBuilder().putFeature(name, feature))
        .build()
        .toByteArray();
  }

  private static TfRecordFile file(byte[] bytes) {
    return file(bytes, 32);
  }

  private static TfRecordFile file(byte[] bytes, int buffer) {
    return new TfRecordFile(ByteSource.of("in/a.tfrecord", bytes), "", null, buffer);
  }

  private static List<Reading.Found> found(byte[]... records) throws IOException {
    return Reading.records(file(Reading.tfRecords(List.of(records))));
  }

  /** Written by TensorFlow 2.21.0, see src/test/scripts/tfrecord.py. */
  @ParameterizedTest
  @ValueSource(strings = {"tensorflow.tfrecord", "tensorflow.tfrecord.gz"})
  void readsWhatTensorFlowWrites(String name) throws IOException {
    byte[] bytes;
    try (InputStream in = TfRecordFileTest.class.getResourceAsStream(name)) {
      bytes = in.readAllBytes();
    }
    RecordFile file = RecordFiles.detect(ByteSource.of(name, bytes));
    assertThat(file.format()).isEqualTo(name.endsWith("gz") ? "TFRecord, gzip" : "TFRecord");
    assertThat(Reading.kinds(file).fields())
        .containsExactlyInAnyOrder(
            new Field("counts", ValueType.INT, true, false),
            new Field("id", ValueType.INT),
            new Field("image", ValueType.STRING, false, true),
            new Field("name", ValueType.STRING),
            new Field("price", ValueType.FLOAT),
            new Field("scores", ValueType.FLOAT, true, false),
            new Field("sometimes", ValueType.INT),
            new Field("tags", ValueType.STRING, true, false));
    assertThat(Reading.values(Reading.records(file)))
        .containsExactly(
            "{counts=[1, -2, 3], id=1, image=iVBORw0KGgr/, name=plain, price=2.5, scores=[0.5,"
                + " -0.25], sometimes=7, tags=[a, b, c]}",
            "{counts=[9], id=-9223372036854775808, image="
                + base64("text, but the column holds bytes")
                + ", name=Zo\u00eb \u2603 \ud83d\ude00, price=-0.0}",
            "{counts=["
                + "0, ".repeat(199)
                + "0], id=9223372036854775807, image=AA==, price=0.10000000149011612,"
                + " scores=[1.401298464324817E-45, 3.4028234663852886E38], sometimes=8,"
                + " tags=[one]}",
            "{id=0, name=a\nb\"c,d, price=Infinity, scores=[NaN], tags=[e]}");
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  @Test
  void aRandomRecordReadsAsTheGeneratedClassesReadIt() throws IOException {
    Random random = new Random(20261125);
    for (int round = 0; round < 2000; round++) {
      byte[] record = RandomExamples.unusual(random);
      Example expected = Example.parseFrom(record);
      List<Reading.Found> found = found(record);
      assertThat(Reading.reasons(found)).containsOnlyNulls();
      assertThat(found.getFirst().values()).isEqualTo(RandomExamples.values(expected));
    }
  }

  @Test
  void aBrokenRecordIsRejectedWhereTheGeneratedClassesRefuseIt() throws IOException {
    Random random = new Random(7);
    int refused = 0;
    for (int round = 0; round < 5000; round++) {
      byte[] record = RandomExamples.unusual(random);
      record[random.nextInt(record.length)] ^= (byte) (1 << random.nextInt(8));
      Example expected = null;
      try {
        expected = Example.parseFrom(record);
      } catch (InvalidProtocolBufferException e) {
        refused++;
      }
      Reading.Found found = found(record).getFirst();
      if (expected == null) {
        assertThat(found.reason()).isNotNull();
      } else if (found.reason() == null) {
        assertThat(found.values()).isEqualTo(RandomExamples.values(expected));
      } else {
        // A name that the flip made empty or gave a reserved form, or feature lists.
        assertThat(found.reason()).doesNotContain("no tf.Example");
      }
    }
    assertThat(refused).isGreaterThan(500);
  }

  @Test
  void aFeatureThatComesTwiceIsTheLastOne() throws IOException {
    byte[] twice =
        Reading.join(
            example("a", RandomExamples.ints(1)), example("a", RandomExamples.floats(2.5f)));
    assertThat(Reading.values(found(twice))).containsExactly("{a=2.5}");
  }

  @Test
  void aSequenceExampleIsRefusedByName() throws IOException {
    byte[] sequence = Reading.join(example("a", RandomExamples.ints(1)), new byte[] {0x12, 0});
    assertThat(found(sequence).getFirst().reason()).contains("tf.SequenceExample");
  }

  @Test
  void namesThatNoColumnCanHaveCostTheirRecord() throws IOException {
    assertThat(
            Reading.reasons(
                found(
                    example("", RandomExamples.ints(1)), example("__row", RandomExamples.ints(1)))))
        .containsExactly(
            "a column has an empty name; give every column a name",
            "the name __row starts with __, which is kept for Sluice; rename it");
    assertThat(found(example("x".repeat(5000), RandomExamples.ints(1))).getFirst().reason())
        .endsWith("... is longer than 300 characters; shorten it");
  }

  @Test
  void wrongDataCostsItsRecordAlone() throws IOException {
    byte[] bytes = Reading.tfRecords(records(3));
    int second = Reading.tfRecords(records(1)).length;
    List<Reading.Found> found = Reading.records(file(Reading.flip(bytes, second + 14)));
    assertThat(Reading.reasons(found))
        .containsExactly(
            null,
            "the record's data does not fit its checksum (CRC-32C); write the object again",
            null);
    assertThat(found.get(1).offset()).isEqualTo(second);
  }

  @Test
  void aWrongLengthCostsTheBytesUpToTheNextGoodRecord() throws IOException {
    byte[] bytes = Reading.tfRecords(records(4));
    int second = Reading.tfRecords(records(1)).length;
    int third = Reading.tfRecords(records(2)).length;
    List<Reading.Found> found = Reading.records(file(Reading.flip(bytes, second)));
    assertThat(Reading.values(found))
        .containsExactly("{id=0}", "{id=2, text=xx}", "{id=3, text=xxx}");
    assertThat(found.get(1).offset()).isEqualTo(second);
    assertThat(found.get(1).reason())
        .isEqualTo(
            (third - second)
                + " bytes are no record (the length's CRC-32C does not fit) and were passed over"
                + " up to the next good one; write the object again");
  }

  @Test
  void aCutLastRecordIsRejected() throws IOException {
    byte[] bytes = Reading.tfRecords(records(2));
    int second = Reading.tfRecords(records(1)).length;
    for (int length = second + 1; length < bytes.length; length++) {
      List<Reading.Found> found = Reading.records(file(Reading.cut(bytes, 0, length)));
      assertThat(found).hasSize(2);
      assertThat(found.get(0).reason()).isNull();
      assertThat(found.get(1).reason())
          .contains(length < second + 12 ? "are no record" : "but the object ends ");
    }
    assertThat(Reading.reasons(Reading.records(file(bytes)))).containsOnlyNulls();
  }

  @Test
  void aHugeLengthIsNotBelieved() throws IOException {
    for (long length : new long[] {1L << 40, -1, Long.MIN_VALUE, TfRecordFile.MAX_RECORD}) {
      byte[] size = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
      byte[] bytes =
          Reading.join(Reading.tfRecords(records(1)), size, Reading.masked(size), new byte[100]);
      List<Reading.Found> found = Reading.records(file(bytes));
      assertThat(found).hasSize(2);
      assertThat(found.get(1).reason())
          .isEqualTo(
              "the record says that it has "
                  + Long.toUnsignedString(length)
                  + " bytes, but the object ends 112 bytes after the record's start; write the"
                  + " object again");
    }
  }

  @Test
  void anyCutGivesTheSameRecords() throws IOException {
    byte[] bytes = Reading.tfRecords(records(12));
    RecordFile file = file(bytes);
    List<Reading.Found> whole = Reading.records(file);
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertThat(Reading.records(file, cut)).isEqualTo(whole);
    }
  }

  @Test
  void anyCutOfADamagedFileGivesTheSameRecords() throws IOException {
    Random random = new Random(5);
    for (int round = 0; round < 60; round++) {
      byte[] bytes = Reading.tfRecords(records(2 + random.nextInt(8)));
      for (int flips = random.nextInt(4); flips > 0; flips--) {
        bytes = Reading.flip(bytes, random.nextInt(bytes.length));
      }
      bytes = Reading.cut(bytes, 0, bytes.length - random.nextInt(30));
      RecordFile file = file(bytes, 16 + random.nextInt(200));
      List<Reading.Found> whole = Reading.records(file);
      for (int cut = 0; cut <= bytes.length; cut++) {
        int second = cut + random.nextInt(bytes.length - cut + 1);
        assertThat(Reading.records(file, cut, second))
            .as("cuts %s, %s", cut, second)
            .isEqualTo(whole);
      }
    }
  }

  @Test
  void aRecordBeyondTheLimitIsPassedOver() throws IOException {
    byte[] large = new byte[TfRecordFile.MAX_RECORD + 1];
    List<byte[]> records = new ArrayList<>(records(2));
    records.add(1, large);
    List<Reading.Found> found = Reading.records(file(Reading.tfRecords(records), 1 << 16));
    assertThat(found).hasSize(3);
    assertThat(found.get(1).reason())
        .isEqualTo(
            "the record has 67108865 bytes, more than the 67108864 that are read; write smaller"
                + " records");
    assertThat(found.get(2).values()).isEqualTo("{id=1, text=x}");
  }

  @Test
  void moreValuesThanAreReadCostTheirRecord() throws IOException {
    byte[] record = example("a", RandomExamples.ints(new long[TfExample.MAX_VALUES + 1]));
    assertThat(found(record).getFirst().reason())
        .isEqualTo("the record has more than 4194304 values; write several smaller records");
  }

  /** Each of many places looks like a record that reaches far, and none is one. */
  @Test
  void lengthsThatReachFarDoNotCostTimeSquared() {
    int length = (6 << 20) + 3;
    byte[] size = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
    byte[] header = Reading.join(size, Reading.masked(size));
    byte[] bytes = new byte[12 << 20];
    for (int at = 1; at + header.length <= bytes.length; at += header.length) {
      System.arraycopy(header, 0, bytes, at, header.length);
    }
    List<Reading.Found> found =
        assertTimeoutPreemptively(
            Duration.ofSeconds(30), () -> Reading.records(file(bytes, 1 << 18)));
    assertThat(Reading.reasons(found)).hasSize(1).doesNotContainNull();
  }
}
