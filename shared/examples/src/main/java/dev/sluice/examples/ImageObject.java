package dev.sluice.examples;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * What an image is like, of those that the JDK reads: JPEG, PNG, GIF, BMP and TIFF; of an animation
 * the first frame.
 *
 * <p>Nothing is decoded before the size that the file declares is known to be at most {@value
 * #MAX_PIXELS} pixels; above {@value #SAMPLED_PIXELS} pixels each n-th pixel of each n-th row is
 * taken, so that memory stays within some tens of MiB. Work is bounded by pixels times scans (the
 * passes of a progressive JPEG).
 *
 * @param width pixels as stored, before any turn that the camera noted; 0 where unknown
 * @param height pixels as stored; 0 where unknown
 * @param channels 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha, or CMYK; 0 where unknown
 * @param brightness mean luma, 0 black to 255 white, by ITU-R BT.601: .299 red, .587 green, .114
 *     blue, alpha left out of account; NaN where unknown
 * @param problem why it cannot be decoded, null where it can
 */
record ImageObject(
    int width, int height, int channels, double brightness, @Nullable String problem) {
  /** A larger image is not decoded. */
  static final int MAX_PIXELS = 100_000_000;

  private static final int SAMPLED_PIXELS = 1_000_000;

  /** Pixels times scans; a camera's largest progressive JPEG stays far below. */
  private static final long MAX_WORK = 2_000_000_000L;

  /** Coefficients of all pixels, which a progressive JPEG is collected in before any is shown. */
  private static final int MAX_PROGRESSIVE_PIXELS = 40_000_000;

  static ImageObject read(byte[] b, int length, String type) {
    String format = type.substring(type.indexOf('/') + 1);
    Header header = Header.of(b, length, format);
    String refused = header.refused(0);
    if (refused == null) {
      refused = header.problem;
    }
    if (refused != null) {
      return header.failed(refused);
    }
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    if (!readers.hasNext()) {
      return header.failed("images of type " + type + " are not decoded; save it as PNG or JPEG");
    }
    ImageReader reader = readers.next();
    try (ImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(b, 0, length))) {
      return decode(reader, in, header);
    } catch (IOException | RuntimeException e) {
      // The JDK's readers throw whatever a damaged file leads them to.
      return header.failed("the image is damaged: " + said(e));
    } finally {
      reader.dispose();
    }
  }

  private static String said(Exception e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  private static ImageObject decode(ImageReader reader, ImageInputStream in, Header header)
      throws IOException {
    // Without metadata: it may unpack to any size, and nobody reads it.
    reader.setInput(in, /* seekForwardOnly= */ true, /* ignoreMetadata= */ true);
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    Header known = header.width > 0 ? header : header.sized(width, height);
    String refused = known.refused((long) width * height);
    if (refused != null) {
      return known.failed(refused);
    }
    if ((long) reader.getTileWidth(0) * reader.getTileHeight(0) > MAX_PIXELS) {
      return known.failed("the image's tiles are larger than " + MAX_PIXELS + " pixels");
    }
    if (known.channels == 4 && known.jpeg) {
      return known.failed("a JPEG in CMYK is not decoded; save it as RGB");
    }
    ImageReadParam param = reader.getDefaultReadParam();
    int step = (int) Math.ceil(Math.sqrt((double) width * height / SAMPLED_PIXELS));
    if (step > 1) {
      param.setSourceSubsampling(Math.min(step, width), Math.min(step, height), 0, 0);
    }
    String[] warning = {null};
    reader.addIIOReadWarningListener(
        (source, text) -> warning[0] = warning[0] == null ? text : warning[0]);
    BufferedImage image = reader.read(0, param);
    String warned = warning[0];
    if (warned != null && !warned.toLowerCase(Locale.ROOT).contains("extraneous")) {
      return known.failed("the image is damaged: " + warned);
    }
    if (!isGrey(image) && image.getColorModel().getColorSpace().getType() != ColorSpace.TYPE_RGB) {
      return known.failed("the image is neither grey nor RGB; save it as RGB");
    }
    int channels =
        known.channels > 0
            ? known.channels
            : image.getColorModel() instanceof IndexColorModel
                ? 3
                : image.getColorModel().getNumComponents();
    return new ImageObject(
        known.width, known.height, channels, brightness(image), /* problem= */ null);
  }

  private static double brightness(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    long sum = 0;
    int[] row = new int[width * bands];
    if (image.getColorModel() instanceof IndexColorModel palette) {
      int[] luma = new int[1 << 16];
      for (int i = 0; i < palette.getMapSize(); i++) {
        luma[i] = luma(palette.getRed(i), palette.getGreen(i), palette.getBlue(i));
      }
      for (int y = 0; y < height; y++) {
        raster.getPixels(0, y, width, 1, row);
        for (int x = 0; x < width; x++) {
          sum += luma[row[x]];
        }
      }
      return (double) sum / width / height;
    }
    boolean grey = isGrey(image);
    if (raster.getDataBuffer() instanceof DataBufferByte data
        && raster.getSampleModel() instanceof PixelInterleavedSampleModel model) {
      return (double) sum(data.getData(), model, grey, width, height) / width / height;
    }
    boolean bytes = true;
    double[] scales = new double[bands];
    for (int band = 0; band < bands; band++) {
      int bits = raster.getSampleModel().getSampleSize(band);
      bytes &= bits == 8;
      scales[band] = 255.0 / ((1L << bits) - 1);
    }
    double scaled = 0;
    // The bands themselves: through the colour model a grey value would be bent by a gamma.
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      if (grey) {
        for (int i = 0; i < row.length; i += bands) {
          scaled += scales[0] * row[i];
        }
      } else if (bytes) {
        for (int i = 0; i < row.length; i += bands) {
          sum += luma(row[i], row[i + 1], row[i + 2]);
        }
      } else {
        for (int i = 0; i < row.length; i += bands) {
          scaled +=
              .299 * scales[0] * row[i]
                  + .587 * scales[1] * row[i + 1]
                  + .114 * scales[2] * row[i + 2];
        }
      }
    }
    return (sum + scaled) / width / height;
  }

  /** The luma of all pixels whose bands are bytes beside each other, as most images are read. */
  private static long sum(
      byte[] b, PixelInterleavedSampleModel model, boolean grey, int width, int height) {
    int[] bands = model.getBandOffsets();
    int red = bands[0];
    int green = bands[grey ? 0 : 1];
    int blue = bands[grey ? 0 : 2];
    int step = model.getPixelStride();
    long sum = 0;
    for (int y = 0; y < height; y++) {
      int at = y * model.getScanlineStride();
      for (int x = 0; x < width; x++, at += step) {
        sum +=
            grey
                ? b[at + red] & 0xff
                : luma(b[at + red] & 0xff, b[at + green] & 0xff, b[at + blue] & 0xff);
      }
    }
    return sum;
  }

  private static boolean isGrey(BufferedImage image) {
    return image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
  }

  /** In whole numbers, as Pillow rounds it. */
  private static int luma(int red, int green, int blue) {
    return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
  }

  /** What the file says of itself, read without a decoder. */
  private record Header(
      int width,
      int height,
      int channels,
      boolean jpeg,
      boolean progressive,
      int scans,
      @Nullable String problem) {
    private static final Header NOTHING = new Header(0, 0, 0, false, false, 1, null);

    static Header of(byte[] b, int length, String format) {
      return switch (format) {
        case "jpeg" -> jpeg(b, length);
        case "png" -> png(b, length);
        case "gif" ->
            length < 10
                ? NOTHING
                : new Header(
                    (b[6] & 0xff) | (b[7] & 0xff) << 8,
                    (b[8] & 0xff) | (b[9] & 0xff) << 8,
                    3,
                    false,
                    false,
                    1,
                    null);
        default -> NOTHING;
      };
    }

    /** PNG, third edition (W3C 2025), sections 5 and 11.2.1; each chunk has a checksum. */
    private static Header png(byte[] b, int length) {
      if (length < 33) {
        return NOTHING;
      }
      int channels =
          switch (b[25]) {
            case 0 -> 1;
            case 4 -> 2;
            case 6 -> 4;
            default -> 3;
          };
      Header header = new Header(int32(b, 16), int32(b, 20), channels, false, false, 1, null);
      if (header.width <= 0 || header.height <= 0) {
        return NOTHING.with("the PNG declares no size; it is damaged");
      }
      int at = 8;
      while (at + 12 <= length) {
        int size = int32(b, at);
        if (size < 0 || size > length - at - 12) {
          return header.with("the PNG ends within a chunk; it is cut off");
        }
        CRC32 crc = new CRC32();
        crc.update(b, at + 4, size + 4);
        if ((int) crc.getValue() != int32(b, at + 8 + size)) {
          return header.with("a chunk of the PNG at byte " + at + " has a wrong CRC");
        }
        if (int32(b, at + 4) == IEND) {
          return header;
        }
        at += size + 12;
      }
      return header.with("the PNG has no end; it is cut off");
    }

    private static final int IEND = 'I' << 24 | 'E' << 16 | 'N' << 8 | 'D';

    /** JPEG, ITU-T T.81, annex B: the frame's header, and how many scans follow. */
    private static Header jpeg(byte[] b, int length) {
      Header header = NOTHING;
      int scans = 0;
      int at = 2;
      while (at + 4 <= length) {
        if (b[at] != (byte) 0xff) {
          at++;
          continue;
        }
        int marker = b[at + 1] & 0xff;
        if (marker == 0xff) {
          at++;
        } else if (marker == 0 || marker == 1 || (marker >= 0xd0 && marker <= 0xd9)) {
          at += 2;
        } else {
          boolean frame =
              marker >= 0xc0
                  && marker <= 0xcf
                  && marker != 0xc4
                  && marker != 0xc8
                  && marker != 0xcc;
          if (frame && header.width == 0 && at + 10 <= length) {
            header =
                new Header(
                    int16(b, at + 7),
                    int16(b, at + 5),
                    b[at + 9] & 0xff,
                    true,
                    (marker & 3) == 2,
                    1,
                    null);
          }
          scans += marker == 0xda ? 1 : 0;
          at += 2 + int16(b, at + 2);
        }
      }
      return new Header(
          header.width,
          header.height,
          header.channels,
          true,
          header.progressive,
          Math.max(1, scans),
          null);
    }

    private static int int32(byte[] b, int at) {
      return int16(b, at) << 16 | int16(b, at + 2);
    }

    private static int int16(byte[] b, int at) {
      return (b[at] & 0xff) << 8 | (b[at + 1] & 0xff);
    }

    /** Why so many pixels are not decoded, or null. */
    @Nullable String refused(long pixels) {
      long most = Math.max(pixels, (long) width * height);
      if (most > MAX_PIXELS) {
        return String.format(
            Locale.ROOT,
            "the image declares %d x %d pixels; at most %d are decoded",
            width,
            height,
            MAX_PIXELS);
      }
      if (progressive && (most > MAX_PROGRESSIVE_PIXELS || most * scans > MAX_WORK)) {
        return String.format(
            Locale.ROOT,
            "the progressive JPEG has %d x %d pixels in %d scans, more than is decoded; save it"
                + " as a baseline JPEG",
            width,
            height,
            scans);
      }
      return null;
    }

    Header sized(int w, int h) {
      return new Header(w, h, channels, jpeg, progressive, scans, problem);
    }

    Header with(String why) {
      return new Header(width, height, channels, jpeg, progressive, scans, why);
    }

    ImageObject failed(String why) {
      return new ImageObject(width, height, channels, Double.NaN, why);
    }
  }
}
