package dev.sluice.functions.predict;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.gcp.Backoff;
import dev.sluice.stages.Platform;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Answers with the released models, over TensorFlow Serving's REST: {@code POST
 * /v1/models/<pipeline>[/versions/N|/labels/L]:predict}, {@code GET} of the same without {@code
 * :predict} for the status and with {@code /metadata} for the signature.
 *
 * <p>It reads only the serving bucket, SLUICE_SERVING, and publishes what it answered to topic
 * {@code sluice-predictions}. Settings come from its function.yaml.
 */
public final class Predict implements HttpFunction {
  /** A caller waits while a request finds the cloud away, so it gives up soon and asks later. */
  private static final Backoff PATIENCE =
      new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofSeconds(3));

  private final PredictService service;

  public Predict() {
    Platform platform = Platform.of(Predict.class, PATIENCE);
    PredictionLog log =
        new PredictionLog(platform.messages(), platform.log(), platform.clock(), System::nanoTime);
    VersionLoader loader = new VersionLoader(platform.objects(), platform.layout());
    Models models = new Models(loader, platform.log(), System::nanoTime);
    this.service =
        new PredictService(
            models, log, platform.log(), () -> ThreadLocalRandom.current().nextDouble());
    platform.onShutdown(log::close);
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    service.service(request, response);
  }
}
