package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Golden values are Pillow's: {@code objects/make.py} makes the pictures and writes them down. */
class ImageObjectTest {
  private static ImageObject read(byte[] b) {
    String type = MediaTypes.byContent(b, b.length);
    return ImageObject.read(b, b.length, type == null ? MediaTypes.UNKNOWN : type);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "objects/golden.csv", numLinesToSkip = 1)
  void aPictureIsWhatPillowSaysItIs(
      String file, int width, int height, int channels, double brightness) throws IOException {
    ImageObject image = read(Objects.resource(file));
    switch (file) {
      case "rgb.webp" -> assertThat(image.problem()).contains("image/webp are not decoded");
      case "cmyk.jpg" -> {
        assertThat(image.problem()).isEqualTo("a JPEG in CMYK is not decoded; save it as RGB");
        assertThat(image.brightness()).isNaN();
        assertThat(image.channels()).isEqualTo(channels);
        assertThat(image.width()).isEqualTo(width);
      }
      default -> {
        assertThat(image.problem()).isNull();
        assertThat(image.width()).isEqualTo(width);
        assertThat(image.height()).isEqualTo(height);
        assertThat(image.channels()).isEqualTo(channels);
        // Two decoders of JPEG may differ by a little; the other formats leave no choice.
        assertThat(image.brightness())
            .isCloseTo(brightness, within(file.endsWith(".jpg") ? .25 : 1e-9));
      }
    }
  }

  @Test
  void ofAnAnimationTheFirstFrameCounts() throws IOException {
    byte[] gif = Objects.resource("animated.gif");
    assertThat(read(gif).problem()).isNull();
    assertThat(read(gif).width()).isEqualTo(23);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"rgb.jpg", "progressive.jpg", "grey.jpg", "rgb.png", "palette.png", "rgb.bmp"})
  void aPictureThatIsCutOffIsNotDecoded(String file) throws IOException {
    byte[] whole = Objects.resource(file);
    for (int length : new int[] {whole.length / 2, whole.length * 3 / 4, whole.length - 13}) {
      ImageObject image = read(Arrays.copyOf(whole, length));
      assertThat(image.problem()).as("%s of %d bytes", file, length).isNotNull();
      assertThat(image.brightness()).isNaN();
    }
  }

  @Test
  void aChangedByteOfAPngIsFound() throws IOException {
    byte[] png = Objects.resource("rgba.png");
    png[60] ^= 1;
    assertThat(read(png).problem()).isEqualTo("a chunk of the PNG at byte 33 has a wrong CRC");
  }

  @Test
  void aDecodeBombIsRefusedByWhatItDeclares() throws IOException {
    ImageObject image = read(png(60_000, 60_000));
    assertThat(image.problem())
        .isEqualTo("the image declares 60000 x 60000 pixels; at most 100000000 are decoded");
    assertThat(image.width()).isEqualTo(60_000);
    assertThat(read(png(Integer.MAX_VALUE, Integer.MAX_VALUE)).problem()).contains("declares");
    assertThat(read(png(Integer.MIN_VALUE, 5)).problem()).contains("declares no size");
  }

  @Test
  void aGifThatDeclaresASmallerScreenThanItsFrameIsStillBounded() throws IOException {
    byte[] gif = Objects.resource("animated.gif");
    int frame = indexOf(gif, (byte) 0x2c, 13);
    assertThat(frame).isPositive();
    ByteBuffer.wrap(gif).putInt(frame + 5, 0xffffffff);
    assertThat(read(gif).problem()).contains("at most 100000000 are decoded");
  }

  private static int indexOf(byte[] b, byte value, int from) {
    // The colour table of 32 colours and the loop's extension come before the first frame.
    for (int i = from; i < b.length - 9; i++) {
      if (b[i] == value && b[i + 1] == 0 && b[i + 5] == 23 && b[i + 7] == 17) {
        return i;
      }
    }
    return -1;
  }

  @Test
  void aJpegOfManyScansIsRefusedBeforeTheyAreDecoded() throws IOException {
    byte[] jpeg = Objects.resource("progressive.jpg");
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    bomb.write(jpeg, 0, jpeg.length - 2);
    for (int i = 0; i < 1_000_000; i++) {
      bomb.write(new byte[] {(byte) 0xff, (byte) 0xda, 0, 8, 1, 1, 0, 0, 0, 0});
    }
    assertThat(read(bomb.toByteArray()).problem()).contains("scans, more than is decoded");
  }

  @Test
  void aLargePictureIsSampled() throws IOException {
    BufferedImage large = new BufferedImage(5000, 3000, BufferedImage.TYPE_BYTE_GRAY);
    for (int y = 0; y < 3000; y++) {
      for (int x = 0; x < 5000; x++) {
        large.getRaster().setSample(x, y, 0, x / 20);
      }
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(large, "png", png);
    ImageObject image = read(png.toByteArray());
    assertThat(image.problem()).isNull();
    assertThat(image.brightness()).isCloseTo(124.5, within(.5));
  }

  @Test
  void noDamageGetsPastTheReader() throws IOException {
    Random random = new Random(5);
    for (String file :
        new String[] {
          "rgb.png", "rgb.jpg", "progressive.jpg", "rgb.bmp", "rgb.tiff", "animated.gif", "bits.png"
        }) {
      byte[] whole = Objects.resource(file);
      for (int i = 0; i < 300; i++) {
        byte[] damaged = whole.clone();
        for (int change = 0; change <= i % 5; change++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        ImageObject image = read(damaged);
        assertThat(image.problem() == null).as(file).isEqualTo(!Double.isNaN(image.brightness()));
      }
    }
  }

  /** A PNG with nothing but a header. */
  private static byte[] png(int width, int height) {
    byte[] b = new byte[45];
    ByteBuffer out = ByteBuffer.wrap(b);
    out.put(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
    out.putInt(13).put("IHDR".getBytes(US_ASCII)).putInt(width).putInt(height);
    out.put(new byte[] {8, 2, 0, 0, 0});
    out.putInt(crc(b, 12, 17));
    out.putInt(0).put("IEND".getBytes(UTF_8));
    out.putInt(crc(b, 37, 4));
    return b;
  }

  private static int crc(byte[] b, int from, int length) {
    CRC32 crc = new CRC32();
    crc.update(b, from, length);
    return (int) crc.getValue();
  }
}
