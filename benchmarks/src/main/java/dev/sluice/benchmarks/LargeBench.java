package dev.sluice.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.examples.ByteSource;
import dev.sluice.examples.Ingestion;
import dev.sluice.examples.RecordFiles;
import dev.sluice.examples.Splits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** A CSV object of many gigabytes, made as it is read, through as much heap as this process has. */
public final class LargeBench {
  private static final int BLOCK = 1 << 23;

  private LargeBench() {}

  /**
   * @param args gigabytes
   */
  public static void main(String[] args) throws IOException {
    long size = (long) (Double.parseDouble(args[0]) * 1e9);
    byte[] rows = rows();
    byte[] header = "id,seller,category,price,score,ctr,note,views\n".getBytes(UTF_8);
    ByteSource source =
        new ByteSource() {
          @Override
          public InputStream open() {
            return new Repeated(header, rows, size);
          }

          @Override
          public String name() {
            return "large.csv";
          }

          @Override
          public long size() {
            return size;
          }
        };
    long[] written = {0};
    long start = System.nanoTime();
    Ingestion.Result result =
        new Ingestion(Splits.ofDefaults())
            .run(
                List.of(RecordFiles.detect(source)),
                file -> counting(written),
                (read, bytes) -> {});
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%.1f GB of CSV, %,d rows, %,d rejected, to %.1f GB of Parquet in %.0f s (%.0f MB/s) with a heap"
            + " of %d MiB%n",
        size / 1e9,
        result.rows(),
        result.rejectedRows(),
        written[0] / 1e9,
        seconds,
        size / seconds / 1e6,
        Runtime.getRuntime().maxMemory() >> 20);
  }

  private static byte[] rows() {
    Random random = new Random(5);
    StringBuilder out = new StringBuilder(BLOCK + 1000);
    while (out.length() < BLOCK) {
      out.append(random.nextInt(1 << 30))
          .append(",S")
          .append(random.nextInt(50_000))
          .append(",category-")
          .append(random.nextInt(12))
          .append(',')
          .append(Math.round(Math.exp(random.nextGaussian() + 3) * 100) / 100.0)
          .append(',')
          .append(random.nextDouble())
          .append(',')
          .append(random.nextFloat())
          .append(",note ")
          .append(random.nextInt(1 << 20))
          .append(',')
          .append(random.nextInt(1000))
          .append('\n');
    }
    return out.toString().getBytes(UTF_8);
  }

  private static OutputStream counting(long[] bytes) {
    return new OutputStream() {
      @Override
      public void write(int b) {
        bytes[0]++;
      }

      @Override
      public void write(byte[] b, int from, int length) {
        bytes[0] += length;
      }
    };
  }

  /** A header and then the same block of rows again and again, to the end of the last that fits. */
  private static final class Repeated extends InputStream {
    private final byte[] block;
    private byte[] now;
    private int at;
    private long left;

    Repeated(byte[] header, byte[] block, long size) {
      this.block = block;
      this.now = header;
      this.left = size / block.length;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int from, int length) {
      if (at == now.length) {
        if (left == 0) {
          return -1;
        }
        left--;
        now = block;
        at = 0;
      }
      int count = Math.min(length, now.length - at);
      System.arraycopy(now, at, to, from, count);
      at += count;
      return count;
    }
  }
}
