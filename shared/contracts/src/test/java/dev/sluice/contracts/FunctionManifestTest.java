package dev.sluice.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.contracts.FunctionManifest.Trigger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FunctionManifestTest {
  private static final String LEAST = "entry_point: a.B\nmemory: 512Mi\n";

  private static FunctionManifest parse(String text) {
    return FunctionManifest.parse("f", text);
  }

  @Test
  void everyKeyIsRead() {
    FunctionManifest manifest =
        parse(
            """
            entry_point: dev.sluice.F
            trigger: {http: {}}
            memory: 2Gi
            cpu: 1.5
            timeout: 900s
            concurrency: 4
            min_instances: 1
            max_instances: 7
            environment: {SLUICE_ARTIFACTS: "${artifacts_bucket}", FIXED: 1}
            secrets: {SLUICE_WEBHOOK: webhook_url}
            roles: {artifacts: [objectCreator, objectViewer], project: [bigquery.jobUser]}
            invokers: [composer]
            """);
    assertThat(manifest)
        .isEqualTo(
            new FunctionManifest(
                "f",
                "dev.sluice.F",
                new Trigger.Http(),
                2L << 30,
                1.5,
                Duration.ofMinutes(15),
                4,
                1,
                7,
                Map.of("SLUICE_ARTIFACTS", "${artifacts_bucket}", "FIXED", "1"),
                Map.of("SLUICE_WEBHOOK", "webhook_url"),
                Map.of(
                    "artifacts", List.of("objectCreator", "objectViewer"),
                    "project", List.of("bigquery.jobUser")),
                List.of("composer")));
  }

  @Test
  void eachTriggerIsRead() {
    assertThat(parse(LEAST + "trigger: {http: {}}\n").trigger()).isEqualTo(new Trigger.Http());
    assertThat(parse(LEAST + "trigger: {storage: {bucket: inbox, event: finalized}}\n").trigger())
        .isEqualTo(new Trigger.Storage("inbox"));
    assertThat(
            parse(LEAST + "trigger: {pubsub: {topic: t, max_attempts: 9, ack_deadline: 30s}}\n")
                .trigger())
        .isEqualTo(new Trigger.PubSub("t", 9, Duration.ofSeconds(30)));
    assertThat(parse(LEAST + "trigger: {schedule: '*/5 * * * *'}\n").trigger())
        .isEqualTo(new Trigger.Schedule("*/5 * * * *"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trigger: {}|must be one of http, storage, pubsub, schedule",
        "triger: {http: {}}|did you mean 'trigger'",
        "trigger: {http: {}, schedule: x}|must be one of",
        "trigger: {htp: {}}|did you mean 'http'",
        "trigger: {http: }|says nothing of its kind",
        "trigger: {pubsub: }|says nothing of its kind",
        "trigger: {schedule: }|says nothing of its kind",
        "trigger: {storage: {bucket: inbox}}|key 'event' is missing",
        "trigger: {storage: {bucket: inbox, event: deleted}}|must be finalized",
        "trigger: {storage: {event: finalized}}|key 'bucket' is missing",
        "trigger: {pubsub: {max_attempts: 5}}|key 'topic' is missing",
        "trigger: {pubsub: {topic: t, max_attempts: 2}}|'max_attempts' is 2; it lies between 5",
        "trigger: {pubsub: {topic: t, ack_deadline: 1m}}|write seconds, such as 900s",
      })
  void otherTriggersAreRefusedWithTheLine(String line, String message) {
    assertThatThrownBy(() -> parse(LEAST + line + "\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("functions/f/function.yaml line 3")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "memory: 512M|write it as 512Mi or 2Gi",
        "memory: 512|write it as 512Mi or 2Gi",
        "memory: 0Mi|write it as 512Mi or 2Gi",
        "memory: 99999999999999999999Gi|write it as 512Mi or 2Gi",
        "cpu: 0|must be a number above 0",
        "cpu: one|must be a number above 0",
        "timeout: 3601s|over the 3600 s",
        "timeout: 15m|write seconds",
        "timeout: 0s|write seconds",
        "concurrency: 0|lies between 1 and 1000",
        "concurrency: 4294967297|lies between 1 and 1000",
        "max_instances: -1|lies between 1 and 1000",
        "min_instances: 21|is above max_instances, 20",
        "roles: {bucket: [x]}|is not a known key",
        "environment: {A: '${artifact_bucket}'}|did you mean ${artifacts_bucket}?",
        "environment: {A: 'x${dataset}y${nope}'}|names ${nope}",
        "environment: {A: '${dataset'}|'${' is not closed",
        "environment: {a-b: x}|is no variable's name",
        "environment: {A: 'x${webhook_url}'}|write 'secrets: {A: webhook_url}'",
        "secrets: {A: webhook}|names the secret 'webhook', which is not known",
        "secrets: {A: }|is not known; known are webhook_url",
        "secrets: {A: '${webhook_url}'}|is not known; known are webhook_url",
        "secrets: {a: webhook_url}|is no variable's name",
      })
  void nonsenseIsRefusedWithTheLine(String line, String message) {
    String base = line.startsWith("memory") ? "entry_point: a.B\n" : LEAST;
    String text = base + "trigger: {http: {}}\n" + line + "\n";
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("functions/f/function.yaml line " + text.lines().count())
        .hasMessageContaining(message);
  }

  @Test
  void anEventMayTakeNineMinutesAndNoMore() {
    String trigger = "trigger: {storage: {bucket: inbox, event: finalized}}\n";
    assertThat(parse(LEAST + trigger + "timeout: 540s\n").timeout()).hasSeconds(540);
    assertThatThrownBy(() -> parse(LEAST + trigger + "timeout: 541s\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 4: key 'timeout' is over the 540 s");
  }

  @Test
  void severalCallsAtOnceNeedAWholeCpu() {
    assertThatThrownBy(() -> parse(LEAST + "trigger: {http: {}}\ncpu: 0.5\nconcurrency: 2\n"))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 5: key 'concurrency' above 1 needs a cpu of at least 1");
  }

  @Test
  void placeholdersAreReplaced() {
    FunctionManifest manifest =
        parse(LEAST + "trigger: {http: {}}\nenvironment: {A: 'gs://${inbox_bucket}/${project}'}\n");
    assertThat(manifest.settings(Map.of("inbox_bucket", "b$1\\", "project", "p"), Map.of()))
        .isEqualTo(Map.of("A", "gs://b$1\\/p"));
    assertThat(manifest.settings(Map.of(), Map.of())).isEqualTo(Map.of("A", "gs:///"));
  }

  @Test
  void aSecretComesFromTheVaultAndNowhereElse() {
    FunctionManifest manifest =
        parse(LEAST + "trigger: {http: {}}\nenvironment: {A: x}\nsecrets: {HOOK: webhook_url}\n");
    assertThat(manifest.variables()).containsExactly("A", "HOOK");
    assertThat(manifest.settings(Map.of(), Map.of("webhook_url", "https://${project}/")))
        .isEqualTo(Map.of("A", "x", "HOOK", "https://${project}/"));
    assertThat(manifest.settings(Map.of("webhook_url", "leaked"), Map.of()))
        .isEqualTo(Map.of("A", "x", "HOOK", ""));
  }

  @Test
  void aVariableIsEitherInTheOpenOrSecret() {
    String both = "environment: {A: x}\nsecrets: {A: webhook_url}\n";
    assertThatThrownBy(() -> parse(LEAST + "trigger: {http: {}}\n" + both))
        .isInstanceOf(BadInput.class)
        .hasMessageContaining("line 5: key 'A' stands in 'environment' too; remove it there");
  }

  static Stream<Path> ours() throws IOException {
    try (Stream<Path> folders = Files.list(Path.of("../../functions"))) {
      return folders.map(f -> f.resolve("function.yaml")).filter(Files::exists).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("ours")
  void theProjectsOwnManifestsAreRead(Path file) throws IOException {
    String name = String.valueOf(file.getName(file.getNameCount() - 2));
    FunctionManifest manifest = FunctionManifest.parse(name, Files.readString(file));
    assertThat(manifest.entryPoint())
        .startsWith("dev.sluice.functions." + name.replace("-", "") + ".");
  }
}
