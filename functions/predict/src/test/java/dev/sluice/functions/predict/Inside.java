package dev.sluice.functions.predict;

import dev.sluice.gcp.StructuredLog;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import java.util.function.Function;

/** What {@link RuntimeClassPathTest} runs: from objects by name to an answer and messages sent. */
public final class Inside implements Function<Map<String, byte[]>, String> {
  @Override
  public String apply(Map<String, byte[]> objects) {
    MemoryStore store = new MemoryStore();
    objects.forEach((name, bytes) ->
        store.put(dev.sluice.gcp.ObjectName.of(Sales.LAYOUT.serving(), name), bytes));
    PrintStream out =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    StructuredLog log = new StructuredLog(out, Clock.systemUTC(), "predict", "p");
    MemoryMessages messages = new MemoryMessages();
    PredictionLog predictions =
        new PredictionLog(messages, log, Clock.systemUTC(), System::nanoTime);
    Models models = new Models(new VersionLoader(store, Sales.LAYOUT), log, System::nanoTime);
    PredictService service = new PredictService(models, predictions, log, () -> 0);
    Call call = Call.of("POST", "/v1/models/sales:predict", "{\"instances\": [{\"price\": 4.0}]}");
    try {
      service.service(call, call);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    predictions.close();
    return call.text() + " " + messages.published.size();
  }
}
