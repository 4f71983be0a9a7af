package dev.sluice.transform;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelMutableAst;
import dev.cel.common.CelOptions;
import dev.cel.common.CelSource;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.ast.CelMutableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelVariableResolver;
import dev.cel.runtime.Program;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Bug;
import dev.sluice.contracts.Names;
import dev.sluice.contracts.ValueType;
import dev.sluice.examples.Column;
import dev.sluice.examples.ExampleBatch;
import dev.sluice.examples.Field;
import dev.sluice.examples.FloatColumn;
import dev.sluice.examples.IntColumn;
import dev.sluice.examples.ListColumn;
import dev.sluice.examples.StringColumn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A label as an expression over a row's columns, in the Common Expression Language (cel.dev). Every
 * numeric column is a double, whatever its batch made of it, and whole numbers that meet a double
 * in arithmetic, a comparison or a list are read as doubles, so {@code fare > 0} and {@code tips >
 * 2 * fare} mean what they say. A multi-valued column is a list, as in {@code "red" in colors} and
 * {@code scores.exists(s, s > 3)}. A column whose name is no CEL identifier stands in backticks.
 *
 * <p>Missing values follow SQL: {@code false && missing} is false, {@code true || missing} is true,
 * else the row has no label. Safe for use by several threads.
 */
final class LabelExpression {
  private static final Set<String> ARITHMETIC = Set.of("_+_", "_-_", "_*_", "_/_", "-_");
  private static final Set<String> COMPARISON =
      Set.of("_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_", "@in");
  private static final String CONDITION = "_?_:_";
  private static final String INDEX = "_[_]";

  private static final int MOST_CHARACTERS = 10_000;

  /**
   * Of all loops of a row together; those of a list within a list multiply. Patterns need no limit:
   * RE2 takes time in proportion to the text.
   */
  private static final int MOST_ITERATIONS = 1_000_000;

  private final String name;
  private final Program program;
  private final Map<String, String> columnOfVariable;

  private LabelExpression(String name, Program program, Map<String, String> columnOfVariable) {
    this.name = name;
    this.program = program;
    this.columnOfVariable = columnOfVariable;
  }

  /**
   * @param name the label's name, for errors
   * @param fields the columns that the expression may use
   * @throws BadInput saying what does not compile and at which line and column
   */
  static LabelExpression compile(String name, String expression, List<Field> fields) {
    Quoted quoted = Quoted.of(name, expression, fields);
    Map<String, String> columns = new LinkedHashMap<>();
    Map<String, ValueType> types = new LinkedHashMap<>();
    Map<String, CelType> declared = new LinkedHashMap<>();
    for (Field field : fields) {
      String variable = quoted.variables.getOrDefault(field.name(), field.name());
      if (!field.isProvenance() && variable.matches("[_a-zA-Z][_a-zA-Z0-9]*")) {
        columns.put(variable, field.name());
        types.put(variable, field.type());
        CelType one = field.type() == ValueType.STRING ? SimpleType.STRING : SimpleType.DOUBLE;
        declared.put(variable, field.repeated() ? ListType.create(one) : one);
      }
    }
    CelOptions options =
        CelOptions.current()
            .enableHeterogeneousNumericComparisons(true)
            .maxExpressionCodePointSize(MOST_CHARACTERS)
            .comprehensionMaxIterations(MOST_ITERATIONS)
            .build();
    CelCompilerBuilder builder =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(options)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS);
    declared.forEach(builder::addVar);
    CelCompiler compiler = builder.build();
    try {
      CelAbstractSyntaxTree written = tree(name, quoted, fields, compiler.parse(quoted.text), null);
      CelMutableAst widened = CelMutableAst.fromCelAst(written);
      widen(widened.expr(), types);
      CelAbstractSyntaxTree checked =
          tree(name, quoted, fields, compiler.check(widened.toParsedAst()), written.getSource());
      if (!checked.getResultType().equals(SimpleType.BOOL)) {
        throw new BadInput(
            "label '"
                + name
                + "': the expression gives "
                + checked.getResultType().name()
                + ", not true or false; compare it, such as ("
                + expression.strip()
                + ") > 0");
      }
      Set<String> used = new TreeSet<>();
      checked.getReferenceMap().values().forEach(reference -> used.add(reference.name()));
      columns.keySet().retainAll(used);
      if (columns.isEmpty()) {
        throw new BadInput(
            "label '"
                + name
                + "': the expression '"
                + expression.strip()
                + "' uses no column, so every row would have the same label");
      }
      Program program =
          CelRuntimeFactory.plannerRuntimeBuilder()
              .setOptions(options)
              .build()
              .createProgram(checked);
      return new LabelExpression(name, program, columns);
    } catch (CelEvaluationException e) {
      throw new BadInput("label '" + name + "': " + e.getMessage(), e);
    }
  }

  /** The columns it reads. */
  List<String> columns() {
    return List.copyOf(columnOfVariable.values());
  }

  /**
   * Labels of a batch that has all columns: 1, 0, NaN for none.
   *
   * @throws BadInput where a row with all values cannot be evaluated, naming the row
   */
  float[] labels(ExampleBatch batch) {
    Row row = new Row();
    columnOfVariable.forEach((variable, name) -> {
      Column column = batch.column(name);
      if (column == null) {
        throw new Bug("label " + this.name + ": the batch has no column " + name);
      }
      row.columns.put(variable, column);
    });
    float[] out = new float[batch.rows()];
    for (int i = 0; i < out.length; i++) {
      row.at = i;
      try {
        out[i] = Boolean.TRUE.equals(program.eval(row)) ? 1 : 0;
      } catch (CelEvaluationException e) {
        if (!row.anyMissing()) {
          throw new BadInput(
              "label '"
                  + name
                  + "' cannot be computed in "
                  + place(batch, i)
                  + ": "
                  + e.getMessage(),
              e);
        }
        out[i] = Float.NaN;
      }
    }
    return out;
  }

  static String place(ExampleBatch batch, int row) {
    return batch.column(Field.ROW) instanceof IntColumn numbers
        ? "row " + numbers.values()[row]
        : "a row";
  }

  private static final class Row implements CelVariableResolver {
    final Map<String, Column> columns = new LinkedHashMap<>();
    int at;

    @Override
    public Optional<Object> find(String variable) {
      Column column = columns.get(variable);
      if (column == null || LabelMapping.isMissing(column, at)) {
        return Optional.empty();
      }
      return Optional.of(value(column, at));
    }

    private static Object value(Column column, int at) {
      return switch (column) {
        case IntColumn ints -> (double) ints.values()[at];
        case FloatColumn floats -> floats.values()[at];
        case StringColumn text -> text.value(at);
        case ListColumn lists -> {
          List<Object> values = new ArrayList<>();
          for (int v = lists.offsets()[at]; v < lists.offsets()[at + 1]; v++) {
            values.add(value(lists.values(), v));
          }
          yield values;
        }
      };
    }

    boolean anyMissing() {
      return columns.values().stream().anyMatch(column -> LabelMapping.isMissing(column, at));
    }
  }

  /** Turns whole-number constants that meet a double into doubles, from the leaves up. */
  private static void widen(CelMutableExpr expr, Map<String, ValueType> types) {
    switch (expr.getKind()) {
      case CALL -> {
        CelMutableExpr.CelMutableCall call = expr.call();
        call.target().ifPresent(target -> widen(target, types));
        call.args().forEach(arg -> widen(arg, types));
        List<CelMutableExpr> args = call.args();
        if (ARITHMETIC.contains(call.function()) || COMPARISON.contains(call.function())) {
          if (args.stream().anyMatch(arg -> isDouble(arg, types))) {
            args.forEach(LabelExpression::toDouble);
          }
        } else if (call.function().equals(CONDITION) && args.size() == 3) {
          if (isDouble(args.get(1), types) || isDouble(args.get(2), types)) {
            toDouble(args.get(1));
            toDouble(args.get(2));
          }
        }
      }
      case LIST -> {
        List<CelMutableExpr> elements = expr.list().elements();
        elements.forEach(element -> widen(element, types));
        if (elements.stream().anyMatch(element -> isDouble(element, types))) {
          elements.forEach(LabelExpression::toDouble);
        }
      }
      case SELECT -> widen(expr.select().operand(), types);
      case COMPREHENSION -> {
        CelMutableExpr range = expr.comprehension().iterRange();
        widen(range, types);
        Map<String, ValueType> inside = types;
        if (isDouble(range, types)) {
          inside = new LinkedHashMap<>(types);
          inside.put(expr.comprehension().iterVar(), ValueType.FLOAT);
        }
        widen(expr.comprehension().loopStep(), inside);
      }
      default -> {}
    }
  }

  private static boolean isDouble(CelMutableExpr expr, Map<String, ValueType> types) {
    return switch (expr.getKind()) {
      case CONSTANT -> expr.constant().getKind() == CelConstant.Kind.DOUBLE_VALUE;
      case IDENT -> {
        ValueType type = types.get(expr.ident().name());
        yield type == ValueType.INT || type == ValueType.FLOAT;
      }
      case LIST -> expr.list().elements().stream().anyMatch(e -> isDouble(e, types));
      case CALL -> {
        String function = expr.call().function();
        List<CelMutableExpr> args = expr.call().args();
        if (ARITHMETIC.contains(function)) {
          yield args.stream().anyMatch(arg -> isDouble(arg, types));
        }
        yield function.equals("double")
            || (function.equals(INDEX) && isDouble(args.getFirst(), types))
            || (function.equals(CONDITION) && args.size() == 3 && isDouble(args.get(1), types));
      }
      default -> false;
    };
  }

  private static void toDouble(CelMutableExpr expr) {
    if (expr.getKind() == Kind.CONSTANT) {
      if (expr.constant().getKind() == CelConstant.Kind.INT64_VALUE) {
        expr.setConstant(CelConstant.ofValue((double) expr.constant().int64Value()));
      }
    } else if (expr.getKind() == Kind.LIST) {
      expr.list().elements().forEach(LabelExpression::toDouble);
    } else if (expr.getKind() == Kind.CALL && ARITHMETIC.contains(expr.call().function())) {
      expr.call().args().forEach(LabelExpression::toDouble);
    } else if (expr.getKind() == Kind.CALL && expr.call().function().equals(CONDITION)) {
      expr.call().args().stream().skip(1).forEach(LabelExpression::toDouble);
    }
  }

  private static CelAbstractSyntaxTree tree(
      String name,
      Quoted quoted,
      List<Field> fields,
      CelValidationResult result,
      @Nullable CelSource written) {
    try {
      return result.getAst();
    } catch (CelValidationException e) {
      CelIssue issue = e.getErrors().isEmpty() ? null : e.getErrors().getFirst();
      if (issue == null) {
        throw new BadInput("label '" + name + "': " + e.getMessage(), e);
      }
      CelSourceLocation place = issue.getSourceLocation();
      // The widened tree has lost its places; its nodes have the ids of the tree as written.
      Integer offset = written == null ? null : written.getPositionsMap().get(issue.getExprId());
      if (written != null && offset != null) {
        place = written.getOffsetLocation(offset).orElse(place);
      }
      int line = place.getLine();
      int column = quoted.column(line, place.getColumn()) + 1;
      String message = issue.getMessage().replace(" (in container '')", "");
      throw new BadInput(
          "label '"
              + name
              + "': the expression does not compile at line "
              + line
              + ", column "
              + column
              + ": "
              + quoted.restore(message)
              + hint(message, fields),
          e);
    }
  }

  private static String hint(String message, List<Field> fields) {
    String undeclared = "undeclared reference to '";
    int at = message.indexOf(undeclared);
    if (at >= 0) {
      int from = at + undeclared.length();
      return unknownColumn(message.substring(from, message.indexOf('\'', from)), fields);
    }
    if (message.contains("'_%_'") && message.contains("double")) {
      return "; numeric columns are doubles, write int(COLUMN) % N";
    }
    if (message.contains("no matching overload")) {
      return "; the two sides have different types: text needs quotes, numbers none";
    }
    return "";
  }

  static String unknownColumn(String name, List<Field> fields) {
    List<String> names = fields.stream().map(Field::name).toList();
    return "; there is no column '"
        + name
        + "', did you mean '"
        + Names.nearest(name, names)
        + "'?";
  }

  /** An expression whose names in backticks are replaced by identifiers. */
  private static final class Quoted {
    final Map<String, String> variables = new LinkedHashMap<>();
    private final List<int[]> shifts = new ArrayList<>();
    String text = "";

    static Quoted of(String label, String expression, List<Field> fields) {
      Quoted out = new Quoted();
      StringBuilder text = new StringBuilder();
      char inside = 0;
      int line = 1;
      int lineStart = 0;
      for (int i = 0; i < expression.length(); i++) {
        char c = expression.charAt(i);
        if (c == '`' && inside == 0) {
          int end = expression.indexOf('`', i + 1);
          if (end < 0) {
            throw new BadInput(
                "label '"
                    + label
                    + "': the backtick at column "
                    + (i + 1)
                    + " of the expression is never closed");
          }
          String name = expression.substring(i + 1, end);
          if (fields.stream().noneMatch(field -> field.name().equals(name))) {
            throw new BadInput(
                "label '"
                    + label
                    + "': the expression does not compile at column "
                    + (i + 1)
                    + unknownColumn(name, fields));
          }
          String variable =
              out.variables.computeIfAbsent(name, n -> "column_" + out.variables.size() + "__");
          text.append(variable);
          out.shifts.add(
              new int[] {line, text.length() - lineStart, name.length() + 2 - variable.length()});
          i = end;
          continue;
        }
        text.append(c);
        if (c == '\n') {
          line++;
          lineStart = text.length();
        }
        if (inside != 0) {
          if (c == '\\' && i + 1 < expression.length()) {
            text.append(expression.charAt(++i));
          } else if (c == inside) {
            inside = 0;
          }
        } else if (c == '\'' || c == '"') {
          inside = c;
        }
      }
      out.text = text.toString();
      return out;
    }

    int column(int line, int column) {
      int out = column;
      for (int[] shift : shifts) {
        if (shift[0] == line && shift[1] <= column) {
          out += shift[2];
        }
      }
      return out;
    }

    String restore(String message) {
      String out = message;
      for (Map.Entry<String, String> variable : variables.entrySet()) {
        out = out.replace(variable.getValue(), variable.getKey());
      }
      return out;
    }
  }
}
