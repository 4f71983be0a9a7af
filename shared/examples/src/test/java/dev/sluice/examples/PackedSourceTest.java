package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.sluice.contracts.BadInput;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PackedSourceTest {
  private static final byte[] TEXT = text();

  private static byte[] text() {
    StringBuilder text = new StringBuilder("id,name\n");
    Random random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      text.append(i).append(",n").append(random.nextInt()).append('\n');
    }
    return text.toString().getBytes(UTF_8);
  }

  private static PackedSource source(PackedSource.Packing packing, byte[] packed) {
    return new PackedSource(ByteSource.of("in/a.csv.x", packed), packing);
  }

  private static byte[] unpacked(ByteSource source) throws IOException {
    try (InputStream in = source.open()) {
      return in.readAllBytes();
    }
  }

  private static byte[] pack(PackedSource.Packing packing, byte[] bytes) throws IOException {
    if (packing == PackedSource.Packing.GZIP) {
      return Reading.gzip(bytes);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZstdOutputStreamNoFinalizer zstd =
        new ZstdOutputStreamNoFinalizer(out).setChecksum(true)) {
      zstd.write(bytes);
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @EnumSource
  void unpacksOneOrSeveral(PackedSource.Packing packing) throws IOException {
    byte[] half = pack(packing, Reading.cut(TEXT, 0, 1000));
    byte[] rest = pack(packing, Reading.cut(TEXT, 1000, TEXT.length));
    assertThat(unpacked(source(packing, pack(packing, TEXT)))).isEqualTo(TEXT);
    assertThat(unpacked(source(packing, Reading.join(half, pack(packing, new byte[0]), rest))))
        .isEqualTo(TEXT);
    assertThat(source(packing, half).indivisible())
        .isEqualTo("is packed with " + packing.label() + ", which cannot be cut");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsCutOffIsRefusedWhereItEnds(PackedSource.Packing packing) throws IOException {
    byte[] packed = pack(packing, TEXT);
    for (int length = packed.length - 1; length > 10; length -= 4999) {
      PackedSource source = source(packing, Reading.cut(packed, 0, length));
      assertThatThrownBy(() -> unpacked(source))
          .isInstanceOf(BadInput.class)
          .hasMessageStartingWith(
              "in/a.csv.x is broken: its "
                  + packing.label()
                  + " data cannot be unpacked near byte "
                  + length
                  + " (");
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsChangedIsRefused(PackedSource.Packing packing) throws IOException {
    byte[] packed = pack(packing, TEXT);
    for (int at = 40; at < packed.length; at += 3571) {
      PackedSource source = source(packing, Reading.flip(packed, at));
      assertThatThrownBy(() -> unpacked(source))
          .isInstanceOf(BadInput.class)
          .hasMessageStartingWith("in/a.csv.x is broken");
    }
  }

  @Test
  void aWrongChecksumOrLengthIsSaid() {
    byte[] packed = Reading.gzip(TEXT);
    assertThatThrownBy(() ->
            unpacked(source(PackedSource.Packing.GZIP, Reading.flip(packed, packed.length - 5))))
        .hasMessageContaining("the checksum (CRC-32) of a member does not fit its bytes");
    assertThatThrownBy(() ->
            unpacked(source(PackedSource.Packing.GZIP, Reading.flip(packed, packed.length - 1))))
        .hasMessageContaining("the length of a member does not fit its bytes");
  }

  @Test
  void zerosMayFollowAMemberAndNothingElse() throws IOException {
    byte[] packed = Reading.gzip(TEXT);
    assertThat(unpacked(source(PackedSource.Packing.GZIP, Reading.join(packed, new byte[512]))))
        .isEqualTo(TEXT);
    assertThatThrownBy(() ->
            unpacked(source(PackedSource.Packing.GZIP, Reading.join(packed, new byte[] {'x'}))))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("what follows a member is no gzip member");
  }

  @Test
  void aHeaderMayHaveEveryField() throws IOException {
    byte[] packed = Reading.gzip(TEXT);
    byte[] header = {0x1f, (byte) 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 0, 2, 0, 1, 2};
    byte[] names = {'a', 0, 'b', 0, 9, 9};
    byte[] rest = Reading.cut(packed, 10, packed.length);
    assertThat(unpacked(source(PackedSource.Packing.GZIP, Reading.join(header, names, rest))))
        .isEqualTo(TEXT);
  }

  @ParameterizedTest
  @EnumSource
  void aBombIsRefusedWhileItIsRead(PackedSource.Packing packing) throws IOException {
    byte[] bomb = bomb(packing, 1 << 24);
    PackedSource source =
        new PackedSource(ByteSource.of("in/a.csv.x", bomb), packing, /* bombBytes= */ 1 << 22);
    assertThatThrownBy(() -> unpacked(source))
        .isInstanceOf(BadInput.class)
        .hasMessageStartingWith("in/a.csv.x has " + bomb.length + " bytes and unpacks to more than")
        .hasMessageEndingWith(
            "over 250 times as much, and so is refused as a decompression bomb; drop it unpacked"
                + " if it is not one");
    assertThat(unpacked(source(packing, bomb))).hasSize(1 << 24);
  }

  private static byte[] bomb(PackedSource.Packing packing, int size) throws IOException {
    if (packing == PackedSource.Packing.ZSTD) {
      return Zstd.compress(new byte[size]);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip =
        new GZIPOutputStream(out) {
          {
            def.setLevel(Deflater.BEST_COMPRESSION);
          }
        }) {
      gzip.write(new byte[size]);
    }
    return out.toByteArray();
  }

  @Test
  void aFailureOfTheStorageStaysOne() {
    ByteSource failing =
        new ByteSource() {
          @Override
          public InputStream open() {
            byte[] packed = Reading.cut(Reading.gzip(TEXT), 0, 100);
            return new SequenceInputStream(
                new ByteArrayInputStream(packed),
                new InputStream() {
                  @Override
                  public int read() throws IOException {
                    throw new IOException("connection reset");
                  }

                  @Override
                  public int read(byte[] b, int from, int length) throws IOException {
                    throw new IOException("connection reset");
                  }
                });
          }

          @Override
          public String name() {
            return "in/a.csv.gz";
          }

          @Override
          public long size() {
            return 0;
          }
        };
    assertThatThrownBy(() -> unpacked(new PackedSource(failing, PackedSource.Packing.GZIP)))
        .isInstanceOf(IOException.class)
        .hasMessage("connection reset");
  }
}
