package dev.sluice.emulators.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalTest {
  @TempDir private Path directory;

  private static PubsubMessage message(String id, int bytes) {
    return PubsubMessage.newBuilder()
        .setMessageId(id)
        .setData(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  private Map<String, Journal.Entry> reopen(Path file) throws IOException {
    Map<String, Journal.Entry> entries = new LinkedHashMap<>();
    Journal.open(file, entries).close();
    return entries;
  }

  @Test
  void fileCutAtAnyByteStillOpensWithItsWholeRecords() throws IOException {
    Path file = directory.resolve("journal");
    try (Journal journal = Journal.open(file, new LinkedHashMap<>())) {
      journal.messages(List.of(message("1", 10)));
      journal.attempts(List.of("1"));
      journal.messages(List.of(message("2", 10)));
      journal.gone(message("1", 10));
    }
    byte[] whole = Files.readAllBytes(file);
    assertThat(reopen(file)).containsOnlyKeys("2");
    for (int length = 0; length < whole.length; length++) {
      Path cut = directory.resolve("cut" + length);
      Files.write(cut, Arrays.copyOf(whole, length));
      Map<String, Journal.Entry> entries = reopen(cut);
      assertThat(entries.size()).isLessThanOrEqualTo(2);
      try (Journal journal = Journal.open(cut, new LinkedHashMap<>())) {
        journal.messages(List.of(message("3", 1)));
      }
      assertThat(reopen(cut)).containsKey("3").hasSize(entries.size() + 1);
    }
  }

  @Test
  void fileThatIsMostlyGoneIsRewrittenWithWhatIsLeft() throws IOException {
    Path file = directory.resolve("journal");
    PubsubMessage kept = message("kept", 5);
    try (Journal journal = Journal.open(file, new LinkedHashMap<>())) {
      journal.messages(List.of(kept));
      journal.attempts(List.of("kept"));
      for (int i = 0; i < 20; i++) {
        PubsubMessage passing = message("m" + i, 100_000);
        journal.messages(List.of(passing));
        journal.gone(passing);
        journal.compactIfWorthwhile(List.of(new Journal.Entry(kept, 1)));
      }
      journal.attempts(List.of("kept"));
    }
    assertThat(Files.size(file)).isLessThan(1_500_000);
    assertThat(reopen(file)).containsExactly(Map.entry("kept", new Journal.Entry(kept, 2)));
  }
}
