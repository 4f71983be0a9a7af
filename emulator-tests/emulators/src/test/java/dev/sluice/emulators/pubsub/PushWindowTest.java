package dev.sluice.emulators.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PushWindowTest {
  private final PushWindow window = new PushWindow();

  private void end(int pushes, boolean acknowledged) {
    for (int i = 0; i < pushes; i++) {
      window.ended(acknowledged);
    }
  }

  @Test
  void itGrowsWhilePushesAreAcknowledgedUpToABound() throws Exception {
    int size = window.acquire();
    assertThat(size).isEqualTo(16);
    end(size, true);
    size = window.acquire();
    assertThat(size).isEqualTo(32);
    for (int i = 0; i < 10; i++) {
      end(size, true);
      size = window.acquire();
    }
    assertThat(size).isEqualTo(160);
  }

  @Test
  void itShrinksWhilePushesAreRefusedDownToABound() throws Exception {
    int size = window.acquire();
    for (int i = 0; i < 5; i++) {
      end(size, true);
      size = window.acquire();
    }
    int before = size;
    end(size, false);
    size = window.acquire();
    assertThat(size).isLessThan(before);
    for (int i = 0; i < 10; i++) {
      end(size, false);
      size = window.acquire();
    }
    assertThat(size).isEqualTo(16);
  }

  @Test
  void whatWasNotUsedIsThereAgain() throws Exception {
    int size = window.acquire();
    window.unused(size - 1);
    window.ended(true);
    assertThat(window.acquire()).isEqualTo(size + 1);
  }
}
