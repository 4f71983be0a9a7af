package dev.sluice.examples;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells what an object is: by its first bytes (the signatures that the formats' own standards give,
 * as WHATWG's MIME Sniffing, section 6, collects them), then by its name. Whether bytes without a
 * signature are text is {@link Encodings}' question.
 */
final class MediaTypes {
  /** Bytes of no type that anybody knows. */
  static final String UNKNOWN = "application/octet-stream";

  /** Bytes from the start that a signature may need. */
  static final int HEAD = 1024;

  private static final Map<String, String> BY_EXTENSION =
      Map.ofEntries(
          Map.entry("jpg", "image/jpeg"),
          Map.entry("jpeg", "image/jpeg"),
          Map.entry("jpe", "image/jpeg"),
          Map.entry("png", "image/png"),
          Map.entry("gif", "image/gif"),
          Map.entry("bmp", "image/bmp"),
          Map.entry("tif", "image/tiff"),
          Map.entry("tiff", "image/tiff"),
          Map.entry("webp", "image/webp"),
          Map.entry("avif", "image/avif"),
          Map.entry("heic", "image/heic"),
          Map.entry("ico", "image/x-icon"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("txt", "text/plain"),
          Map.entry("text", "text/plain"),
          Map.entry("log", "text/plain"),
          Map.entry("md", "text/markdown"),
          Map.entry("csv", "text/csv"),
          Map.entry("tsv", "text/tab-separated-values"),
          Map.entry("htm", "text/html"),
          Map.entry("html", "text/html"),
          Map.entry("xml", "application/xml"),
          Map.entry("json", "application/json"),
          Map.entry("jsonl", "application/jsonl"),
          Map.entry("yaml", "application/yaml"),
          Map.entry("yml", "application/yaml"),
          Map.entry("eml", "message/rfc822"),
          Map.entry("pdf", "application/pdf"),
          Map.entry("zip", "application/zip"),
          Map.entry("gz", "application/gzip"),
          Map.entry(
              "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
          Map.entry("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
          Map.entry(
              "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
          Map.entry("odt", "application/vnd.oasis.opendocument.text"),
          Map.entry("epub", "application/epub+zip"),
          Map.entry("wav", "audio/wav"),
          Map.entry("mp3", "audio/mpeg"),
          Map.entry("ogg", "audio/ogg"),
          Map.entry("flac", "audio/flac"),
          Map.entry("mp4", "video/mp4"),
          Map.entry("mov", "video/quicktime"),
          Map.entry("webm", "video/webm"),
          Map.entry("avi", "video/x-msvideo"));

  /** Types without pixels or text whose objects all begin with their signature. */
  private static final Set<String> BY_SIGNATURE =
      Set.of("application/pdf", "application/zip", "application/gzip");

  private MediaTypes() {}

  /** The type that the name's extension stands for, or null. */
  static @Nullable String byName(String name) {
    int dot = name.lastIndexOf('.');
    return dot < 0 ? null : BY_EXTENSION.get(name.substring(dot + 1).toLowerCase(Locale.ROOT));
  }

  /** A stored content type without its parameters, or null where it claims nothing. */
  static @Nullable String stored(String contentType) {
    String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return type.isEmpty()
            || type.equals(UNKNOWN)
            || type.equals("binary/octet-stream")
            || type.equals("application/x-www-form-urlencoded")
        ? null
        : type;
  }

  /** The type that the first bytes stand for, or null. */
  static @Nullable String byContent(byte[] b, int length) {
    if (is(b, length, 0, 0xff, 0xd8, 0xff)) {
      return "image/jpeg";
    } else if (is(b, length, 0, 0x89, 'P', 'N', 'G', 13, 10, 26, 10)) {
      return "image/png";
    } else if (is(b, length, 0, 'G', 'I', 'F', '8')) {
      return "image/gif";
    } else if (is(b, length, 0, 'B', 'M') && is(b, length, 6, 0, 0, 0, 0)) {
      return "image/bmp";
    } else if (is(b, length, 0, 'I', 'I', 42, 0) || is(b, length, 0, 'M', 'M', 0, 42)) {
      return "image/tiff";
    } else if (is(b, length, 0, 'R', 'I', 'F', 'F')) {
      return is(b, length, 8, 'W', 'E', 'B', 'P')
          ? "image/webp"
          : is(b, length, 8, 'W', 'A', 'V', 'E')
              ? "audio/wav"
              : is(b, length, 8, 'A', 'V', 'I', ' ') ? "video/x-msvideo" : null;
    } else if (is(b, length, 4, 'f', 't', 'y', 'p')) {
      return is(b, length, 8, 'a', 'v', 'i', 'f')
          ? "image/avif"
          : is(b, length, 8, 'h', 'e', 'i')
              ? "image/heic"
              : is(b, length, 8, 'q', 't') ? "video/quicktime" : "video/mp4";
    } else if (is(b, length, 0, 0, 0, 1, 0)) {
      return "image/x-icon";
    } else if (is(b, length, 0, '%', 'P', 'D', 'F', '-')) {
      return "application/pdf";
    } else if (is(b, length, 0, 'P', 'K', 3, 4) || is(b, length, 0, 'P', 'K', 5, 6)) {
      return "application/zip";
    } else if (is(b, length, 0, 0x1f, 0x8b)) {
      return "application/gzip";
    } else if (is(b, length, 0, 'I', 'D', '3')) {
      return "audio/mpeg";
    } else if (is(b, length, 0, 'O', 'g', 'g', 'S')) {
      return "audio/ogg";
    } else if (is(b, length, 0, 'f', 'L', 'a', 'C')) {
      return "audio/flac";
    } else if (is(b, length, 0, 0x1a, 0x45, 0xdf, 0xa3)) {
      return "video/webm";
    } else if (is(b, length, 0, 0x7f, 'E', 'L', 'F')) {
      return "application/x-elf";
    }
    return null;
  }

  private static boolean is(byte[] b, int length, int at, int... signature) {
    if (length < at + signature.length) {
      return false;
    }
    for (int i = 0; i < signature.length; i++) {
      if (b[at + i] != (byte) signature[i]) {
        return false;
      }
    }
    return true;
  }

  /** True for pictures made of pixels. */
  static boolean isImage(String type) {
    return type.startsWith("image/") && !isText(type);
  }

  /** True for what people can read in an editor. */
  static boolean isText(String type) {
    return type.startsWith("text/")
        || type.startsWith("message/")
        || type.endsWith("+xml")
        || type.endsWith("+json")
        || type.equals("application/xml")
        || type.equals("application/json")
        || type.equals("application/jsonl")
        || type.equals("application/yaml")
        || type.equals("application/javascript");
  }

  /** True where bytes of the one type may be claimed to be of the other. */
  static boolean agrees(String content, String claim) {
    if (isImage(content) || isImage(claim)) {
      return isImage(content) && isImage(claim);
    }
    if (isText(content) || isText(claim)) {
      return isText(content) && isText(claim);
    }
    return content.equals(claim) || !BY_SIGNATURE.contains(claim);
  }
}
