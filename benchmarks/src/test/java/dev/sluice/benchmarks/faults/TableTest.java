package dev.sluice.benchmarks.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.BadInput;
import org.junit.jupiter.api.Test;

final class TableTest {
  @Test
  void whatIsReadIsWrittenAsItWas() {
    String csv = "a,b\n\"x, y\",\"say \"\"no\"\"\"\n,\"two\nlines\"\n";

    Table table = Table.parse("t.csv", csv);

    assertThat(table.column("b")).containsExactly("say \"no\"", "two\nlines");
    assertThat(new String(table.csv(), UTF_8)).isEqualTo(csv);
  }

  @Test
  void theLastLineMayLackItsBreakAndIsNoRowWhereItHasOne() {
    assertThat(Table.parse("t.csv", "a\n1\n2").column("a")).containsExactly("1", "2");
    assertThat(Table.parse("t.csv", "a\n1\n2\n").column("a")).containsExactly("1", "2");
  }

  @Test
  void aFileThatIsBrokenAlreadyIsRefused() {
    assertThatThrownBy(() -> Table.parse("t.csv", "a,b\n1,2\n3\n"))
        .isInstanceOf(BadInput.class)
        .hasMessage(
            "t.csv has 1 fields in row 2, its header 2; the bench needs a file that is whole before"
                + " it breaks it");
  }
}
