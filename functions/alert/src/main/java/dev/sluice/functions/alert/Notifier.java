package dev.sluice.functions.alert;

import dev.sluice.contracts.Alarm;
import dev.sluice.contracts.BadInput;
import dev.sluice.contracts.Fact;
import dev.sluice.contracts.Json;
import dev.sluice.gcp.StructuredLog;
import dev.sluice.stages.Platform;
import dev.sluice.stages.PushEndpoint;
import java.net.http.HttpClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes an alarm wherever people look; redelivered alarms share their id. */
final class Notifier {
  private final Platform platform;
  private @Nullable HttpClient http;

  Notifier(Platform platform) {
    this.platform = platform;
  }

  void receive(PushEndpoint.Message message) {
    Alarm alarm = Json.read(message.data(), Alarm.class, "alarm message " + message.id());
    if (alarm.alarm() == null
        || alarm.pipeline() == null
        || alarm.severity() == null
        || alarm.text() == null) {
      throw new BadInput(
          "alarm message "
              + message.id()
              + " lacks alarm, pipeline, severity (WARN, FAIL) or text");
    }
    StructuredLog log =
        platform.log().about(alarm.pipeline(), alarm.run(), alarm.batch(), alarm.subject());
    if (alarm.severity() == Alarm.Severity.FAIL) {
      log.log(StructuredLog.Severity.ERROR, alarm.text(), null);
    } else {
      log.warning(alarm.text());
    }
    platform.report(List.of(fact(alarm)));
    String webhook = platform.configuration().get("SLUICE_WEBHOOK");
    if (webhook != null) {
      String hosts = platform.configuration().get("SLUICE_WEBHOOK_HOSTS");
      Webhook.of(webhook, hosts == null ? "" : hosts).post(alarm, this::client);
    }
  }

  private static Fact fact(Alarm alarm) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("alarm", alarm.alarm());
    values.put("pipeline", alarm.pipeline());
    values.put("run", alarm.run());
    values.put("batch", alarm.batch());
    values.put("severity", alarm.severity().name());
    values.put("subject", alarm.subject());
    values.put("text", alarm.text());
    values.put("uri", alarm.uri());
    values.put("link", alarm.link());
    values.put("at", alarm.at());
    return new Fact("alarms", alarm.alarm(), values);
  }

  private synchronized HttpClient client() {
    HttpClient made = http;
    if (made == null) {
      made = Webhook.client();
      http = made;
    }
    return made;
  }
}
