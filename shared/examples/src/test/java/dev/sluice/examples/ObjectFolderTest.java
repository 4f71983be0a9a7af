package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.ValueType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectFolderTest {
  private static final String FOLDER = "gs://b/photos/2026-11-01/";
  private static final ObjectOptions BY_FOLDER =
      ObjectOptions.ofDefaults().labels(new ObjectLabels.ByFolder());

  private static ObjectOptions manifest(String csv) {
    return ObjectOptions.ofDefaults()
        .labels(
            new ObjectLabels.ByManifest(
                ByteSource.of(FOLDER + "manifest.csv", csv.getBytes(UTF_8))));
  }

  private static byte[] marked(int... mark) {
    byte[] b = new byte[mark.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = (byte) mark[i];
    }
    return b;
  }

  private static byte[] join(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  @Test
  void anImageIsARow() throws IOException {
    Objects.Read read =
        Objects.of().add(FOLDER + "cat/1.png", Objects.resource("rgb.png")).read(BY_FOLDER);
    assertThat(read.rejected()).isEmpty();
    assertThat(read.row(FOLDER + "cat/1.png"))
        .containsEntry("uri", FOLDER + "cat/1.png")
        .containsEntry("name", "1.png")
        .containsEntry("size", 95L)
        .containsEntry("media_type", "image/png")
        .containsEntry("label", "cat")
        .containsEntry("decoded", "true")
        .containsEntry("width", 23L)
        .containsEntry("height", 17L)
        .containsEntry("channels", 3L)
        .containsEntry("brightness", 118.27365728900256)
        .containsEntry(Field.ROW, 1L)
        .doesNotContainKey("decode_problem");
    assertThat(read.columns()).doesNotContain("text_length", "created", "text", "image");
  }

  @Test
  void aTextIsARow() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "note.txt", "Grüße aus Köln, 東京 und 😀.\nZweite Zeile\n")
            .read(ObjectOptions.ofDefaults().languages(text -> "de"));
    // len(text) and len(text.split()) in Python.
    assertThat(read.row(FOLDER + "note.txt"))
        .containsEntry("media_type", "text/plain")
        .containsEntry("decoded", "true")
        .containsEntry("text_length", 39L)
        .containsEntry("words", 8L)
        .containsEntry("language", "de");
    assertThat(read.columns()).doesNotContain("width", "brightness", "label");
  }

  @Test
  void theChecksumIsComputedWhereTheListingHasNone() throws IOException {
    // "123456789" has the CRC32C e3069283 (RFC 3720, B.4 and its errata's check value).
    Objects.Read read = Objects.of().add(FOLDER + "a.txt", "123456789").read();
    assertThat(read.row(FOLDER + "a.txt")).containsEntry("crc32c", "4waSgw==");
  }

  @Test
  void whatTheListingKnowsIsTakenFromIt() throws IOException {
    ObjectEntry entry =
        new ObjectEntry(
            ByteSource.of("gs://b/x/a", "hello there".getBytes(UTF_8)),
            "AAAAAA==",
            "text/markdown; charset=utf-8",
            Instant.parse("2026-11-01T12:00:00Z"));
    RecordFile folder = RecordFiles.objects(List.of(entry), ObjectOptions.ofDefaults());
    assertThat(Objects.byUri(Ingestion.read(List.of(folder))).get("gs://b/x/a"))
        .containsEntry("crc32c", "AAAAAA==")
        .containsEntry("media_type", "text/markdown")
        .containsEntry("created", "2026-11-01T12:00:00Z");
  }

  @Test
  void rowsStandInTheOrderOfTheNames() throws IOException {
    Objects.Read read =
        Objects.of()
            .add("gs://b/x/b.txt", "b")
            .add("gs://b/x/a.txt", "a")
            .add("gs://b/x/", "")
            .read();
    assertThat(read.rows().keySet()).containsExactly("gs://b/x/a.txt", "gs://b/x/b.txt");
    assertThat(read.row("gs://b/x/b.txt")).containsEntry(Field.ROW, 2L);
    assertThat(read.result().rows()).isEqualTo(2);
    assertThat(read.result().manifest().sources().getFirst().name()).isEqualTo("gs://b/x/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
  void aByteOrderMarkIsNoPartOfTheText(String name) throws IOException {
    Charset charset = Charset.forName(name);
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "a.txt", "\ufeffça va bien".getBytes(charset))
            .read(ObjectOptions.ofDefaults().inline(true, false, 1000));
    assertThat(read.row(FOLDER + "a.txt"))
        .containsEntry("text_length", 10L)
        .containsEntry("words", 3L)
        .containsEntry("text", "ça va bien");
  }

  @Test
  void utf16WithoutAMarkIsFoundByItsZeroBytes() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "le.txt", "plain words".getBytes(UTF_16LE))
            .add(FOLDER + "be.txt", "plain words".getBytes(UTF_16BE))
            .read();
    assertThat(read.row(FOLDER + "le.txt")).containsEntry("text_length", 11L);
    assertThat(read.row(FOLDER + "be.txt")).containsEntry("text_length", 11L);
  }

  @Test
  void latin1IsFoundByItsLetters() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "a.txt", "Grüße aus Köln".getBytes(ISO_8859_1))
            .read(ObjectOptions.ofDefaults().inline(true, false, 1000));
    assertThat(read.row(FOLDER + "a.txt")).containsEntry("text", "Grüße aus Köln");
  }

  @Test
  void aTextThatIsNoneIsNotDecoded() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "binary.txt", marked(1, 2, 3, 0x80, 0xff, 0, 7))
            .add(FOLDER + "half.txt", join(marked(0xff, 0xfe), marked('a', 0, 0, 0xd8, 'b', 0)))
            .read();
    assertThat(read.rejected()).isEmpty();
    assertThat(read.row(FOLDER + "binary.txt"))
        .containsEntry("decoded", "false")
        .containsEntry("media_type", "text/plain")
        .containsEntry(
            "decode_problem",
            "the text is in no encoding that is known (UTF-8, UTF-16, Latin-1); save it as UTF-8")
        .doesNotContainKey("text_length");
    assertThat(read.row(FOLDER + "half.txt"))
        .containsEntry("decoded", "false")
        .containsEntry("decode_problem", "at byte 4 the text is no UTF-16LE; save it as UTF-8");
  }

  @Test
  void anImageThatIsCutOffStaysAnExample() throws IOException {
    byte[] jpeg = Objects.resource("rgb.jpg");
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "whole.jpg", jpeg)
            .add(FOLDER + "cut.jpg", Arrays.copyOf(jpeg, jpeg.length / 2))
            .read();
    assertThat(read.rejected()).isEmpty();
    assertThat(read.row(FOLDER + "whole.jpg")).containsEntry("decoded", "true");
    assertThat(read.row(FOLDER + "cut.jpg"))
        .containsEntry("decoded", "false")
        .containsEntry("width", 64L)
        .containsKey("decode_problem")
        .doesNotContainKey("brightness");
  }

  @Test
  void anEmptyObjectIsRejected() throws IOException {
    Objects.Read read =
        Objects.of().add(FOLDER + "a.txt", "text").add(FOLDER + "empty.png", "").read();
    assertThat(read.rejected())
        .containsExactly(
            new RejectedRow(
                FOLDER + "empty.png", 2, 0, 0, null, "", "the object is empty; upload it again"));
    assertThat(read.rows()).hasSize(1);
    assertThat(read.result().rows()).isEqualTo(2);
  }

  @Test
  void whatIsOfAnotherKindThanItClaimsIsRejected() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "text.png", "this is no image")
            .add(FOLDER + "bytes.png", marked(1, 2, 3, 0, 5))
            .add(FOLDER + "image.txt", Objects.resource("rgb.png"))
            .add(FOLDER + "text.pdf", "this is no document")
            .read();
    assertThat(read.rows()).isEmpty();
    assertThat(read.rejected())
        .extracting(RejectedRow::source, RejectedRow::reason)
        .containsExactly(
            claim(
                "bytes.png",
                "it is called image/png and is none by its first bytes; correct its name or its"
                    + " content"),
            claim(
                "image.txt",
                "it is called text/plain and is image/png; correct its name or its content"),
            claim(
                "text.pdf",
                "it is called application/pdf and is text/plain; correct its name or its content"),
            claim(
                "text.png",
                "it is called image/png and is text/plain; correct its name or its content"));
  }

  private static Tuple claim(String name, String reason) {
    return tuple(FOLDER + name, reason);
  }

  @Test
  void oneClaimThatHoldsIsEnough() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "a.png", Objects.resource("rgb.jpg"))
            .add(FOLDER + "b.txt", Objects.resource("rgb.png"), "image/png")
            .add(FOLDER + "c.mp3", marked(1, 2, 3, 0))
            .add(FOLDER + "d.docx", marked('P', 'K', 3, 4, 0, 0))
            .add(FOLDER + "e", marked(1, 2, 3, 0))
            .read();
    assertThat(read.rejected()).isEmpty();
    assertThat(read.row(FOLDER + "a.png")).containsEntry("media_type", "image/jpeg");
    assertThat(read.row(FOLDER + "b.txt")).containsEntry("media_type", "image/png");
    assertThat(read.row(FOLDER + "c.mp3"))
        .containsEntry("media_type", "audio/mpeg")
        .containsEntry("decoded", "true");
    assertThat(read.row(FOLDER + "d.docx").get("media_type").toString()).contains("wordprocessing");
    assertThat(read.row(FOLDER + "e")).containsEntry("media_type", "application/octet-stream");
  }

  @Test
  void contentsAreCarriedOnDemandUpToABound() throws IOException {
    byte[] png = Objects.resource("rgb.png");
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "a.png", png)
            .add(FOLDER + "b.png", Objects.resource("rgba.png"))
            .add(FOLDER + "c.txt", "short")
            .add(FOLDER + "d.txt", "x".repeat(96))
            .read(ObjectOptions.ofDefaults().inline(true, true, png.length));
    assertThat(read.row(FOLDER + "a.png").get("image"))
        .isEqualTo(Base64.getEncoder().encodeToString(png));
    assertThat(read.row(FOLDER + "b.png")).doesNotContainKey("image").containsKey("width");
    assertThat(read.row(FOLDER + "c.txt")).containsEntry("text", "short");
    assertThat(read.row(FOLDER + "d.txt")).doesNotContainKey("text").containsKey("words");
    assertThat(read.fields())
        .contains(new Field("image", ValueType.STRING, false, true))
        .contains(new Field("text", ValueType.STRING, false, false));
  }

  @Test
  void aBoundThatIsNoneIsRefused() {
    assertThatThrownBy(() -> ObjectOptions.ofDefaults().inline(true, false, 0))
        .isInstanceOf(BadInput.class)
        .hasMessage("inline max_bytes is 0; it is a number from 1 to 16777216");
  }

  @Test
  void labelsThatAreAllNumbersAreNumbers() throws IOException {
    Objects.Read read =
        Objects.of().add("gs://b/d/3/a.txt", "x").add("gs://b/d/7/a.txt", "x").read(BY_FOLDER);
    assertThat(read.row("gs://b/d/7/a.txt")).containsEntry("label", 7L);
  }

  @Test
  void anObjectInNoFolderHasNoLabel() throws IOException {
    Objects.Read read =
        Objects.of().add("gs://b/a.txt", "x").add("gs://b/d/a.txt", "x").read(BY_FOLDER);
    assertThat(read.rejected())
        .extracting(RejectedRow::source, RejectedRow::column, RejectedRow::reason)
        .containsExactly(
            tuple(
                "gs://b/a.txt",
                "label",
                "it lies in no folder that names its label; move it into one"));
  }

  @Test
  void aManifestGivesLabelsAndColumns() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "one.txt", "1")
            .add(FOLDER + "sub/two.txt", "2")
            .add(FOLDER + "sub/three.txt", "3")
            .add(FOLDER + "manifest.csv", "file,label\n")
            .read(
                manifest(
                    "label,file,price,shop\ngood,one.txt,1.5,Ätna\nbad,sub/two.txt,2,\n"
                        + "good,three.txt,3,x\n"));
    assertThat(read.rejected()).isEmpty();
    assertThat(read.row(FOLDER + "one.txt"))
        .containsEntry("label", "good")
        .containsEntry("price", 1.5)
        .containsEntry("shop", "Ätna");
    assertThat(read.row(FOLDER + "sub/two.txt"))
        .containsEntry("label", "bad")
        .containsEntry("price", 2.0)
        .doesNotContainKey("shop");
    assertThat(read.row(FOLDER + "sub/three.txt")).containsEntry("price", 3.0);
    assertThat(read.rows()).hasSize(3);
  }

  @Test
  void aManifestMayNameObjectsInFull() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "a.txt", "1")
            .read(manifest("uri,label\n" + FOLDER + "a.txt,good\n"));
    assertThat(read.row(FOLDER + "a.txt")).containsEntry("label", "good");
  }

  @Test
  void everyObjectAndEveryLineIsAccountedFor() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "a.txt", "1")
            .add(FOLDER + "b.txt", "2")
            .add(FOLDER + "c.txt", "3")
            .read(
                manifest(
                    "file,label\nb.txt,x\nabsent.txt,y\n../b.txt,y\nb.txt,x\nc.txt,x\nc.txt,y\n"
                        + "ragged\n,x\n"));
    assertThat(read.rows().keySet()).containsExactly(FOLDER + "b.txt");
    assertThat(read.rejected())
        .extracting(RejectedRow::source, RejectedRow::line, RejectedRow::value, RejectedRow::reason)
        .containsExactly(
            line(
                "a.txt",
                0,
                "",
                FOLDER + "manifest.csv has no line for it; add one, or remove the object"),
            line(
                "c.txt",
                0,
                "",
                FOLDER + "manifest.csv says different things of it on line 6 and line 7; keep one"),
            line(
                "manifest.csv",
                3,
                "absent.txt",
                "the manifest names a file that is not there; upload it, or correct the name"),
            line(
                "manifest.csv",
                4,
                "../b.txt",
                "the manifest names a file that is not there; upload it, or correct the name"),
            line(
                "manifest.csv",
                8,
                "ragged",
                "the row has 1 field, the header has 2; fill the row up, or quote fields that hold"
                    + " a line break"),
            line("manifest.csv", 9, "", "the line names no file; name one or remove the line"));
    assertThat(read.result().rows()).isEqualTo(7);
    assertThat(read.result().rejectedRows()).isEqualTo(6);
  }

  private static Tuple line(String name, long line, String value, String reason) {
    return tuple(FOLDER + name, line, value, reason);
  }

  @Test
  void aNameThatSeveralFoldersHaveIsAmbiguous() throws IOException {
    Objects.Read read =
        Objects.of()
            .add(FOLDER + "a/1.txt", "1")
            .add(FOLDER + "b/1.txt", "2")
            .read(manifest("file,label\n1.txt,x\na/1.txt,x\nb/1.txt,y\n"));
    assertThat(read.rejected())
        .extracting(RejectedRow::reason)
        .containsExactly(
            "the manifest names a file that is not there by that name alone; upload it, or correct"
                + " the name");
  }

  @Test
  void aManifestThatIsNoneIsRefused() {
    Objects folder = Objects.of().add(FOLDER + "a.txt", "1");
    assertThatThrownBy(() -> folder.read(manifest("name_of_it,label\na.txt,x\n")))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            FOLDER
                + "manifest.csv, line 1: the manifest has no column file and none uri; it has"
                + " name_of_it, label; name the objects in a column file");
    assertThatThrownBy(() -> folder.read(manifest("file\na.txt\n")))
        .hasMessageContaining("says nothing of its files; add a column label");
    assertThatThrownBy(() -> folder.read(manifest("file,size\na.txt,1\n")))
        .hasMessageContaining("column size is one that every object has by itself; rename it");
  }

  @Test
  void aFolderWithoutObjectsIsRefused() {
    assertThatThrownBy(() -> Objects.of().add("gs://b/x/", "").read())
        .isInstanceOf(BadInput.class)
        .hasMessage("the folder has no objects; upload at least one");
    assertThatThrownBy(() -> Objects.of().add("gs://b/x", "1").add("gs://b/x", "1").read())
        .hasMessage("gs://b/x is listed twice; list one generation of each object");
  }

  @Test
  void anObjectThatGivesOtherBytesThanItsListingSaysIsReadAgain() throws IOException {
    ByteSource shrunk =
        new ByteSource() {
          @Override
          public InputStream open() {
            return new ByteArrayInputStream(new byte[] {'a'});
          }

          @Override
          public String name() {
            return "gs://b/x/a.txt";
          }

          @Override
          public long size() {
            return 5;
          }
        };
    RecordFile folder =
        RecordFiles.objects(List.of(ObjectEntry.of(shrunk)), ObjectOptions.ofDefaults());
    assertThatThrownBy(() -> Objects.byUri(Ingestion.read(List.of(folder))))
        .isInstanceOf(IOException.class)
        .hasMessage("gs://b/x/a.txt gave only 1 of its 5 bytes; read it again");
  }

  @Test
  void anObjectThatIsTooLargeIsNotDecoded() throws IOException {
    long size = 5L << 30;
    ByteSource huge =
        new ByteSource() {
          @Override
          public InputStream open() {
            return new InputStream() {
              @Override
              public int read() {
                return 'a';
              }
            };
          }

          @Override
          public String name() {
            return "gs://b/x/a.txt";
          }

          @Override
          public long size() {
            return size;
          }
        };
    RecordFile folder =
        RecordFiles.objects(List.of(ObjectEntry.of(huge)), ObjectOptions.ofDefaults());
    assertThat(Objects.byUri(Ingestion.read(List.of(folder))).get("gs://b/x/a.txt"))
        .containsEntry("decoded", "false")
        .containsEntry("size", size)
        .containsEntry(
            "decode_problem",
            "the object is larger than 67108864 bytes; at most these are decoded");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 16})
  void anyNumberOfShardsGivesTheSameRows(int shards) throws IOException {
    Objects folder = mixed();
    StringBuilder csv = new StringBuilder("file,label\n");
    for (ObjectEntry entry : folder.entries()) {
      if (!entry.name().startsWith("1")) {
        csv.append(entry.uri().substring(FOLDER.length())).append(",x\n");
      }
    }
    ObjectOptions options = manifest(csv + "absent.txt,y\n");
    List<RecordFile> files = List.of(RecordFiles.objects(folder.entries(), options));
    Map<String, Map<String, Object>> whole = Objects.byUri(Ingestion.read(files));
    Ingestion.Result alone = folder.read(options).result();

    List<Inspection> inspections = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      inspections.add(Ingestion.inspect(files, shard, shards, Ingestion.Progress.none()));
    }
    Plan plan = Ingestion.plan(files, inspections);
    Map<String, Map<String, Object>> together = new TreeMap<>();
    long rejected = 0;
    int busy = 0;
    for (int shard = 0; shard < shards; shard++) {
      Map<String, ByteArrayOutputStream> written = new TreeMap<>();
      Ingestion.Result result =
          new Ingestion(Splits.ofDefaults())
              .write(
                  files,
                  plan,
                  shard,
                  file -> {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    written.put(file, out);
                    return out;
                  },
                  Ingestion.Progress.none());
      rejected += result.rejectedRows();
      busy += result.rows() > 0 ? 1 : 0;
      together.putAll(stored(written));
    }
    assertThat(together).isEqualTo(new TreeMap<>(whole));
    assertThat(rejected).isEqualTo(alone.rejectedRows()).isPositive();
    assertThat(busy).isGreaterThan(1);
  }

  private static Map<String, Map<String, Object>> stored(Map<String, ByteArrayOutputStream> written)
      throws IOException {
    Map<String, Map<String, Object>> rows = new LinkedHashMap<>();
    for (Map.Entry<String, ByteArrayOutputStream> file : written.entrySet()) {
      if (file.getKey().endsWith(".parquet")) {
        byte[] bytes = file.getValue().toByteArray();
        rows.putAll(
            Objects.byUri(
                ParquetExampleReader.open(ByteBuffer.wrap(bytes), file.getKey(), Set.of())));
      }
    }
    return rows;
  }

  /** 200 images and texts in two folders. */
  private static Objects mixed() throws IOException {
    String[] images = {"rgb.png", "grey.png", "rgb.jpg", "animated.gif", "palette.png"};
    Objects folder = Objects.of();
    for (int i = 0; i < 200; i++) {
      String label = i % 3 == 0 ? "cat/" : "dog/";
      if (i % 2 == 0) {
        String image = images[i % images.length];
        folder.add(
            FOLDER + label + i + image.substring(image.indexOf('.')), Objects.resource(image));
      } else {
        folder.add(FOLDER + label + i + ".txt", "note " + i + " word".repeat(i % 7) + "\n");
      }
    }
    return folder;
  }

  @Test
  void aFolderBecomesParquetAndIsReadBack() throws IOException {
    Objects folder = mixed();
    List<RecordFile> files =
        List.of(RecordFiles.objects(folder.entries(), BY_FOLDER.inline(true, true, 500)));
    Map<String, ByteArrayOutputStream> written = new TreeMap<>();
    Ingestion.Result result =
        new Ingestion(Splits.ofDefaults().byKey("crc32c"))
            .run(
                files,
                file -> {
                  ByteArrayOutputStream out = new ByteArrayOutputStream();
                  written.put(file, out);
                  return out;
                },
                Ingestion.Progress.none());
    assertThat(result.rows()).isEqualTo(200);
    assertThat(result.rejectedRows()).isZero();
    Map<String, Map<String, Object>> rows = stored(written);
    assertThat(rows).hasSize(200).isEqualTo(Objects.byUri(Ingestion.read(files)));
    assertThat(rows.values()).extracting(row -> row.get("label")).containsOnly("cat", "dog");
    assertThat(rows.values()).extracting(row -> row.get("decoded")).containsOnly("true");
    assertThat(result.manifest().sources())
        .containsExactly(
            new SourceSummary(
                FOLDER,
                folder.entries().stream().mapToLong(ObjectEntry::size).sum(),
                "objects, label by folder",
                200,
                0));
  }
}
