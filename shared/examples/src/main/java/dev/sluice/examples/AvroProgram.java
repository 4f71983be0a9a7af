package dev.sluice.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.contracts.BadInput;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A schema as a flat list of instructions that {@link AvroRows} runs once a row, and the columns
 * that its rows have: fields of records within records are columns named {@code a.b}, arrays of
 * plain values are multi-valued columns.
 *
 * <p>Refused by the column's name: maps, durations, arrays of records or of arrays, unions of a
 * record or an array with anything but null.
 */
final class AvroProgram {
  /** Ends the row. */
  static final int END = 0;

  /** Goes on at operand 1. */
  static final int JUMP = 1;

  /** A union of null and another type: where the branch read is operand 1, goes on at operand 2. */
  static final int NULLABLE = 2;

  /** A union: goes on at operand 2 + the branch read, one of so many as operand 1 says. */
  static final int UNION = 3;

  /** An array, which operand 1 follows where it is empty. */
  static final int ARRAY = 4;

  /** After an item: back to operand 1 for the next one, to operand 2 after the last one. */
  static final int NEXT = 5;

  /** The first instruction that reads a value of the column that operand 1 names. */
  static final int VALUE = 6;

  static final int BOOLEAN = VALUE;
  static final int INTEGER = VALUE + 1;
  static final int FLOAT = VALUE + 2;
  static final int DOUBLE = VALUE + 3;
  static final int STRING = VALUE + 4;
  static final int DATETIME = VALUE + 5;
  static final int BYTES = VALUE + 6;
  static final int FIXED = VALUE + 7;

  /**
   * Operand 2 is the place of the first symbol's {@link #bounds}, operand 3 the symbols' number.
   */
  static final int ENUM = VALUE + 8;

  /** Operand 2 is the scale. */
  static final int DECIMAL = VALUE + 9;

  /** Operand 2 is the scale, operand 3 the size. */
  static final int FIXED_DECIMAL = VALUE + 10;

  static final int BIG_DECIMAL = VALUE + 11;
  static final int FIXED_UUID = VALUE + 12;
  static final int DATE = VALUE + 13;

  /** Operand 2 is the number of units a second, as for the next two. */
  static final int TIME = VALUE + 14;

  static final int INSTANT = VALUE + 15;
  static final int LOCAL = VALUE + 16;

  private static final int DEEPEST = 64;
  private static final int MAX_CODE = 1 << 20;
  private static final int MAX_STRUCTS = 100_000;
  private static final byte[] BOOLEANS = "falsetrue".getBytes(UTF_8);

  /**
   * A column.
   *
   * @param kinds what the schema says of its values, a set of {@link Numbers}' and {@link Kinds}'
   *     constants
   * @param look true where only values tell their kinds
   */
  record Column(String name, int kinds, boolean look) {}

  private final List<Column> columns = new ArrayList<>();
  private final Map<String, Integer> places = new HashMap<>();
  private final ByteArrayOutputStream texts = new ByteArrayOutputStream();
  private int[] code = new int[64];
  private int size;
  private int[] bounds = new int[16];
  private int boundsSize;
  private int structs;

  private AvroProgram() {
    texts.writeBytes(BOOLEANS);
  }

  /**
   * @param schema of whole rows
   * @throws BadInput where no columns can be made of it; the message is the end of a sentence about
   *     the schema
   */
  static AvroProgram of(AvroType schema) {
    if (!(schema instanceof AvroType.Struct struct)) {
      throw new BadInput("is " + schema.title() + ", not a record; write rows as records");
    }
    AvroProgram program = new AvroProgram();
    program.struct(struct, "", 0);
    if (!takesBytes(struct)) {
      throw new BadInput("has no columns that could have a value; write at least one");
    }
    program.emit(END, 0, 0, 0);
    program.code = Arrays.copyOf(program.code, program.size);
    return program;
  }

  /** In the order of the schema. */
  List<Column> columns() {
    return columns;
  }

  /** Four numbers an instruction: what to do and three operands. */
  int[] code() {
    return code;
  }

  /** The texts of booleans and enums, one after the other. */
  byte[] constants() {
    return texts.toByteArray();
  }

  /** Where among the constants each symbol begins and ends, in pairs. */
  int[] bounds() {
    return bounds;
  }

  private void struct(AvroType.Struct struct, String prefix, int depth) {
    if (depth == DEEPEST) {
      throw new BadInput("has records nested deeper than " + DEEPEST + "; flatten them");
    }
    if (++structs > MAX_STRUCTS) {
      throw tooLarge();
    }
    for (AvroType.Member member : struct.members()) {
      value(member.type(), prefix + member.name(), depth);
    }
  }

  private void value(AvroType type, String path, int depth) {
    switch (type) {
      case AvroType.Plain plain -> plain(plain, column(path, List.of(plain), 0));
      case AvroType.Struct struct -> struct(struct, path + ".", depth + 1);
      case AvroType.Array array -> array(array, path);
      case AvroType.Union union -> union(union, path, depth);
      case AvroType.Refused refused -> throw refused(path, refused.title());
    }
  }

  private void union(AvroType.Union union, String path, int depth) {
    List<AvroType> branches = union.branches();
    List<AvroType> present = branches.stream().filter(branch -> !isNull(branch)).toList();
    if (present.size() == 1 && branches.size() == 2) {
      int at = emit(NULLABLE, isNull(branches.getFirst()) ? 0 : 1, 0, 0);
      value(present.getFirst(), path, depth);
      code[at + 2] = size;
      return;
    }
    List<AvroType.Plain> plains = plains(branches, path);
    choice(plains, column(path, plains, 0));
  }

  private void choice(List<AvroType.Plain> branches, int column) {
    emit(UNION, branches.size(), size + 4, 0);
    int table = size;
    for (int i = 0; i < branches.size(); i++) {
      emit(JUMP, 0, 0, 0);
    }
    List<Integer> ends = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      code[table + 4 * i + 1] = size;
      plain(branches.get(i), column);
      ends.add(emit(JUMP, 0, 0, 0));
    }
    for (int end : ends) {
      code[end + 1] = size;
    }
  }

  private static List<AvroType.Plain> plains(List<AvroType> branches, String path) {
    List<AvroType.Plain> plains = new ArrayList<>();
    for (AvroType branch : branches) {
      switch (branch) {
        case AvroType.Plain plain -> plains.add(plain);
        case AvroType.Refused refused -> throw refused(path, refused.title());
        default -> throw refused(path, "a union of " + branch.title() + " and other types");
      }
    }
    return plains;
  }

  private void array(AvroType.Array array, String path) {
    List<AvroType> items =
        array.items() instanceof AvroType.Union union ? union.branches() : List.of(array.items());
    for (AvroType item : items) {
      if (!(item instanceof AvroType.Plain)) {
        throw refused(path, "an array of " + item.title().replaceFirst("^an? ", "") + "s");
      }
    }
    if (array.items() instanceof AvroType.Plain plain && isNull(plain)) {
      throw refused(path, "an array of nulls");
    }
    List<AvroType.Plain> plains = plains(items, path);
    int column = column(path, plains, Kinds.LIST);
    int at = emit(ARRAY, 0, 0, 0);
    int body = size;
    if (array.items() instanceof AvroType.Union) {
      choice(plains, column);
    } else {
      plain(plains.getFirst(), column);
    }
    int next = emit(NEXT, body, 0, 0);
    code[at + 1] = size;
    code[next + 2] = size;
  }

  private int column(String path, List<AvroType.Plain> types, int list) {
    Set<Integer> kinds = new TreeSet<>();
    boolean bytes = false;
    for (AvroType.Plain type : types) {
      bytes |= type.form() == AvroType.Form.BYTES || type.form() == AvroType.Form.FIXED;
      if (!isNull(type)) {
        kinds.add(kind(type.form()));
      }
    }
    // Among several kinds only those that some value has count, as in JSON.
    int declared = kinds.size() == 1 ? kinds.iterator().next() : 0;
    if (places.putIfAbsent(path, columns.size()) != null) {
      throw new BadInput("has the column " + path + " twice; rename one");
    }
    String fault = CsvHeader.fault(path);
    if (fault != null) {
      throw new BadInput("has a column that cannot be one: " + fault);
    }
    if (columns.size() == Kinds.MAX_COLUMNS) {
      throw new BadInput("has more than " + Kinds.MAX_COLUMNS + " columns");
    }
    columns.add(new Column(path, declared | list, bytes || kinds.size() > 1));
    return columns.size() - 1;
  }

  private static int kind(AvroType.Form form) {
    return switch (form) {
      case NULL -> 0;
      case INTEGER -> Numbers.INT;
      case FLOAT, DOUBLE, DECIMAL, FIXED_DECIMAL, BIG_DECIMAL -> Numbers.FLOAT;
      case BOOLEAN, STRING, DATETIME, BYTES, FIXED, ENUM, FIXED_UUID, DATE, TIME, INSTANT, LOCAL ->
          Numbers.TEXT;
    };
  }

  private void plain(AvroType.Plain type, int column) {
    switch (type.form()) {
      case NULL -> {}
      case BOOLEAN -> emit(BOOLEAN, column, 0, 0);
      case INTEGER -> emit(INTEGER, column, 0, 0);
      case FLOAT -> emit(FLOAT, column, 0, 0);
      case DOUBLE -> emit(DOUBLE, column, 0, 0);
      case STRING -> emit(STRING, column, 0, 0);
      case DATETIME -> emit(DATETIME, column, 0, 0);
      case BYTES -> emit(BYTES, column, 0, 0);
      case FIXED -> emit(FIXED, column, type.size(), 0);
      case ENUM -> enumeration(type.symbols(), column);
      case DECIMAL -> emit(DECIMAL, column, type.scale(), 0);
      case FIXED_DECIMAL -> emit(FIXED_DECIMAL, column, type.scale(), type.size());
      case BIG_DECIMAL -> emit(BIG_DECIMAL, column, 0, 0);
      case FIXED_UUID -> emit(FIXED_UUID, column, 0, 0);
      case DATE -> emit(DATE, column, 0, 0);
      case TIME -> emit(TIME, column, type.size(), 0);
      case INSTANT -> emit(INSTANT, column, type.size(), 0);
      case LOCAL -> emit(LOCAL, column, type.size(), 0);
    }
  }

  private void enumeration(List<String> symbols, int column) {
    emit(ENUM, column, boundsSize, symbols.size());
    for (String symbol : symbols) {
      if (boundsSize == bounds.length) {
        bounds = Arrays.copyOf(bounds, boundsSize * 2);
      }
      bounds[boundsSize++] = texts.size();
      texts.writeBytes(symbol.getBytes(UTF_8));
      bounds[boundsSize++] = texts.size();
    }
  }

  private int emit(int operation, int first, int second, int third) {
    if (size + 4 > code.length) {
      if (size > MAX_CODE) {
        throw tooLarge();
      }
      code = Arrays.copyOf(code, code.length * 2);
    }
    int at = size;
    code[size++] = operation;
    code[size++] = first;
    code[size++] = second;
    code[size++] = third;
    return at;
  }

  private static boolean isNull(AvroType type) {
    return type instanceof AvroType.Plain plain && plain.form() == AvroType.Form.NULL;
  }

  /** True where a value takes at least one byte. */
  private static boolean takesBytes(AvroType type) {
    return switch (type) {
      case AvroType.Plain plain -> !isNull(plain);
      case AvroType.Struct struct ->
          struct.members().stream().anyMatch(member -> takesBytes(member.type()));
      default -> true;
    };
  }

  private static BadInput tooLarge() {
    return new BadInput("is too large; write rows of fewer columns");
  }

  private static BadInput refused(String path, String title) {
    return new BadInput(
        "has the column "
            + path
            + ", which is "
            + title
            + "; no column can be made of it: write plain values, records of them, or arrays of"
            + " plain values");
  }
}
