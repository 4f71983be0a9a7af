package dev.sluice.functions.alert;

import com.google.cloud.functions.HttpFunction;
import com.google.cloud.functions.HttpRequest;
import com.google.cloud.functions.HttpResponse;
import dev.sluice.stages.Platform;
import dev.sluice.stages.PushEndpoint;
import java.io.IOException;

/**
 * Brings alarms to people: the log, table {@code alarms}, and a webhook where the secret
 * SLUICE_WEBHOOK names one whose host SLUICE_WEBHOOK_HOSTS lists.
 *
 * <p>Called by the push subscription of topic {@code sluice-alarms}; what cannot be delivered is
 * tried again and ends on {@code sluice-alarms-dead}. Settings come from its function.yaml.
 */
public final class Alert implements HttpFunction {
  private final PushEndpoint endpoint;

  public Alert() {
    Platform platform = Platform.of(Alert.class);
    Notifier notifier = new Notifier(platform);
    this.endpoint = new PushEndpoint(platform, notifier::receive);
  }

  @Override
  public void service(HttpRequest request, HttpResponse response) throws IOException {
    endpoint.service(request, response);
  }
}
