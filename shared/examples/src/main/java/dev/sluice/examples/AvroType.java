package dev.sluice.examples;

import java.util.List;

/** A type of an Avro schema, as far as reading rows needs it; names are resolved. */
sealed interface AvroType {
  /** How it is called in an error message, such as {@code a map}. */
  String title();

  /** What a plain value is and how it is written. */
  enum Form {
    NULL("null"),
    BOOLEAN("a boolean"),
    INTEGER("an integer"),
    FLOAT("a float"),
    DOUBLE("a double"),
    STRING("a string"),
    DATETIME("a datetime"),
    BYTES("bytes"),
    FIXED("fixed bytes"),
    ENUM("an enum"),
    DECIMAL("a decimal"),
    FIXED_DECIMAL("a decimal"),
    BIG_DECIMAL("a decimal"),
    FIXED_UUID("a uuid"),
    DATE("a date"),
    TIME("a time"),
    INSTANT("a timestamp"),
    LOCAL("a local timestamp");

    private final String title;

    Form(String title) {
      this.title = title;
    }
  }

  /**
   * One value.
   *
   * @param size bytes of a fixed value; units a second of a time; else 0
   * @param scale of a decimal, else 0
   * @param symbols of an enum, else empty
   */
  record Plain(Form form, int size, int scale, List<String> symbols) implements AvroType {
    public Plain {
      symbols = List.copyOf(symbols);
    }

    static Plain of(Form form) {
      return sized(form, 0);
    }

    static Plain sized(Form form, int size) {
      return new Plain(form, size, 0, List.of());
    }

    @Override
    public String title() {
      return form.title;
    }
  }

  /** A type of which no column can be made. */
  record Refused(String title) implements AvroType {}

  /** Any number of values. */
  record Array(AvroType items) implements AvroType {
    @Override
    public String title() {
      return "an array";
    }
  }

  /** One of several types, by its place. */
  record Union(List<AvroType> branches) implements AvroType {
    public Union {
      branches = List.copyOf(branches);
    }

    @Override
    public String title() {
      return "a union";
    }
  }

  /** Named values. */
  record Struct(String name, List<Member> members) implements AvroType {
    public Struct {
      members = List.copyOf(members);
    }

    @Override
    public String title() {
      return "a record";
    }
  }

  /** A field of a record. */
  record Member(String name, AvroType type) {}
}
