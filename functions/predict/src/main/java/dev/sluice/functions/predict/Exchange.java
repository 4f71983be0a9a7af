package dev.sluice.functions.predict;

import dev.sluice.gcp.Messages.Message;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;

/** What one request needs while it is answered; used again by later ones. */
final class Exchange {
  /** The largest body taken; Cloud Run refuses larger ones itself. */
  static final int LIMIT = 32 << 20;

  private static final int MESSAGES_KEPT = 1_000;

  final Bytes body = new Bytes();
  final JsonCursor json = new JsonCursor();
  final Bytes answer = new Bytes();
  final Bytes row = new Bytes();
  final Bytes message = new Bytes();
  final ArrayList<Message> messages = new ArrayList<>();

  /** True while this request has a turn among those with large bodies. */
  boolean large;

  /** Ready for the next request. */
  void clear() {
    int answered = messages.size();
    body.clear();
    json.clear();
    answer.clear();
    row.clear();
    message.clear();
    messages.clear();
    if (answered > MESSAGES_KEPT) {
      messages.trimToSize();
    }
  }

  /**
   * Takes the body.
   *
   * @param announced its length where the caller said it, else negative
   * @param turns asked once the body is large
   */
  void read(InputStream in, long announced, LargeBodies turns) throws IOException {
    if (announced <= LIMIT) {
      while (body.length() <= LIMIT) {
        if (!large && Math.max(announced, body.length()) > LargeBodies.BYTES) {
          turns.enter();
          large = true;
        }
        byte[] room = body.room(4096);
        int count = in.read(room, body.length(), room.length - body.length());
        if (count < 0) {
          return;
        }
        body.added(count);
      }
    }
    // A caller that still sends does not read the answer, so some of the rest is let in.
    for (long left = LIMIT; left > 0; ) {
      long skipped = in.skip(left);
      if (skipped <= 0) {
        break;
      }
      left -= skipped;
    }
    throw new Refusal(
        413, "the request's body is over " + (LIMIT >> 20) + " MB; send fewer instances at a time");
  }
}
