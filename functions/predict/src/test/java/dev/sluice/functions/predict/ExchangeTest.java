package dev.sluice.functions.predict;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ExchangeTest {
  /** Some sixty wait for their next use: an instance would not hold as many large bodies. */
  @Test
  void nothingOfALargeBodyIsKept() {
    Exchange exchange = new Exchange();
    exchange.body.add(("\"" + "x".repeat(1 << 20) + "\"").getBytes(UTF_8));
    exchange.json.start(exchange.body.array(), exchange.body.length());

    exchange.clear();

    assertThat(exchange.body.array()).hasSizeLessThan(1 << 17);
    assertThat(exchange.json.buffer()).isEmpty();
  }
}
