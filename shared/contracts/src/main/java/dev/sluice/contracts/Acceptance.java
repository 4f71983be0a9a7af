package dev.sluice.contracts;

import java.time.Instant;

/**
 * A person's word that a batch which the checks object to is right as it is.
 *
 * @param author who said so
 * @param reason why
 * @param at when
 * @param anomalies uri of the anomalies artifact that the person saw; what it does not hold is not
 *     accepted
 */
public record Acceptance(String author, String reason, Instant at, String anomalies) {
  public Acceptance {
    if (author == null || author.isBlank()) {
      throw new BadInput("an acceptance has no author; say who accepts with --author NAME");
    }
    if (reason == null || reason.isBlank()) {
      throw new BadInput("an acceptance has no reason; say why the batch is right with --reason");
    }
    if (at == null || anomalies == null) {
      throw new BadInput("an acceptance says when it was given and which anomalies it is about");
    }
  }
}
