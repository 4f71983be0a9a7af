package dev.sluice.examples;

import java.io.IOException;
import java.io.InputStream;

/** The bytes of one object, which can be read from its start any number of times. */
public interface ByteSource {
  /** A new stream from the first byte; every stream gives the same bytes. */
  InputStream open() throws IOException;

  /** The object's full name, as people know it; it becomes {@code __source}. */
  String name();

  /** Length in bytes. */
  long size();
}
