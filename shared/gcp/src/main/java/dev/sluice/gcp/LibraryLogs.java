package dev.sluice.gcp;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Turns what Google's libraries say through {@code java.util.logging} into entries of a {@link
 * StructuredLog}, from WARNING up; the rest is dropped where it arises.
 *
 * <p>Those loggers belong to the whole JVM. Where several functions share it, the first one takes
 * them and the others change nothing. {@link #close} gives them back.
 */
public final class LibraryLogs implements AutoCloseable {
  private static final List<String> ROOTS = List.of("com.google", "io.grpc", "io.netty");

  /** Held, as java.util.logging forgets loggers that nobody holds, and their handlers with them. */
  private final List<Taken> taken;

  private record Taken(Logger logger, Handler handler, @Nullable Level level, boolean parents) {}

  private LibraryLogs(List<Taken> taken) {
    this.taken = taken;
  }

  /** Takes the libraries' loggers, unless another {@code LibraryLogs} in this JVM has them. */
  public static LibraryLogs into(StructuredLog log) {
    List<Taken> taken = new ArrayList<>();
    for (String root : ROOTS) {
      Logger logger = Logger.getLogger(root);
      if (isTaken(logger)) {
        continue;
      }
      Taken now =
          new Taken(logger, new Bridge(log), logger.getLevel(), logger.getUseParentHandlers());
      logger.setLevel(Level.WARNING);
      logger.setUseParentHandlers(false);
      logger.addHandler(now.handler());
      taken.add(now);
    }
    return new LibraryLogs(List.copyOf(taken));
  }

  /** By name, as another function may have loaded this class by a loader of its own. */
  private static boolean isTaken(Logger logger) {
    for (Handler handler : logger.getHandlers()) {
      if (handler.getClass().getName().equals(Bridge.class.getName())) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    for (Taken one : taken) {
      one.logger().removeHandler(one.handler());
      one.logger().setLevel(one.level());
      one.logger().setUseParentHandlers(one.parents());
    }
  }

  private static final class Bridge extends Handler {
    private final StructuredLog log;
    private final SimpleFormatter formatter = new SimpleFormatter();

    Bridge(StructuredLog log) {
      this.log = log;
    }

    @Override
    public void publish(LogRecord entry) {
      // A library's alarm is a warning of ours: whether a call failed, the call itself says.
      if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
        log.labelled("logger", String.valueOf(entry.getLoggerName()))
            .log(StructuredLog.Severity.WARNING, formatter.formatMessage(entry), entry.getThrown());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
