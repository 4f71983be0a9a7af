package dev.sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contracts.BadInput;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What takes bytes that anybody may have written. Whatever they are, nothing comes of them but
 * records, rejected records and {@link BadInput}, within a bound of time and memory.
 *
 * <p>Each has a folder of inputs, its corpus, of its {@link #folder} under
 * src/test/resources/dev/sluice/examples/fuzz. {@link FuzzCorpusTest} tries these in the unit
 * tests; {@code ./sluice bench fuzz} has Jazzer look for others from there.
 */
enum FuzzTarget {
  AVRO(AvroFile::of),
  CSV(source -> CsvFile.of(source, "", null, null)),
  DETECTED(RecordFiles::detect),
  GZIP(source -> packed(source, PackedSource.Packing.GZIP)),
  JSON_LINES(source -> new JsonLinesFile(source, "", null)),
  PARQUET(ParquetFile::of),
  /** The frame's checksums would keep a fuzzer out, so the bytes are the data of two records. */
  TF_EXAMPLE(source ->
      new TfRecordFile(
          ByteSource.of(
              source.name(),
              Reading.tfRecords(
                  List.of(source.open().readAllBytes(), source.open().readAllBytes()))),
          "",
          null)),
  TFRECORD(source -> new TfRecordFile(source, "", null)),
  ZSTD(source -> packed(source, PackedSource.Packing.ZSTD));

  /** Seconds of processor time that an input may take, a hundred times what the slowest needs. */
  private static final long SECONDS = 10;

  /** Bytes that reading such an input may allocate, all that is freed on the way included. */
  private static final long MEMORY = 1L << 30;

  /** Takes bytes for an object of a format. */
  @FunctionalInterface
  private interface Opener {
    RecordFile open(ByteSource source) throws IOException;
  }

  @SuppressWarnings("ImmutableEnumChecker")
  private final Opener opener;

  FuzzTarget(Opener opener) {
    this.opener = opener;
  }

  private static RecordFile packed(ByteSource source, PackedSource.Packing packing) {
    PackedSource unpacked = new PackedSource(source, packing, /* bombBytes= */ 1 << 22);
    return new JsonLinesFile(unpacked, ", packed", unpacked.indivisible());
  }

  /** The name of its corpus, by which it is also asked for. */
  String folder() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Reads the bytes as they are, in two stretches, and into examples.
   *
   * @throws AssertionError where they break a promise
   */
  void run(byte[] bytes) throws IOException {
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    long allocated = allocated();
    try {
      RecordFile file = opener.open(ByteSource.of("in/object", bytes));
      for (Reading.Found record : Reading.records(file)) {
        assertThat(record.reason()).as("a reason is a sentence").isNotEqualTo("");
      }
      if (file.indivisible() == null) {
        read(file, new Stretch(0, bytes.length / 2));
        read(file, new Stretch(bytes.length / 2, Long.MAX_VALUE));
      }
      new Ingestion(Splits.ofDefaults(), /* tfrecord= */ true)
          .run(List.of(file), name -> OutputStream.nullOutputStream(), Ingestion.Progress.none());
    } catch (BadInput e) {
      assertThat(e.getMessage()).as("a reason is a sentence").isNotBlank();
    }
    long took = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
    assertThat(TimeUnit.NANOSECONDS.toSeconds(took)).as("seconds").isLessThan(SECONDS);
    assertThat(allocated() - allocated).as("bytes allocated").isLessThan(MEMORY);
  }

  private static void read(RecordFile file, Stretch stretch) throws IOException {
    try (RecordReader reader = file.read(stretch)) {
      while (reader.next()) {
        assertThat(reader.offset()).isGreaterThanOrEqualTo(reader.first());
      }
    }
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }
}
