package dev.sluice.localcloud;

import com.google.cloud.functions.invoker.runner.Invoker;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * The main class of a function's own process: the Functions Framework's invoker over one jar, as
 * the buildpack starts it, but on a free port of the loopback address, which it tells on standard
 * output. It ends when whoever started it has ended. It needs nothing but the invoker beside it.
 */
final class FunctionProcess {
  /** What the line that tells the port begins with. */
  static final String PORT = "sluice-port ";

  private FunctionProcess() {}

  public static void main(String[] args) throws Exception {
    if (args.length != 3) {
      System.err.println("usage: FunctionProcess JAR ENTRY-POINT SIGNATURE");
      System.exit(2);
    }
    Thread.ofPlatform().daemon().name("parent").start(FunctionProcess::endWithParent);
    URL jar = Path.of(args[0]).toUri().toURL();
    ClassLoader loader =
        new URLClassLoader(
            "function", new URL[] {jar}, new ApiLoader(FunctionProcess.class.getClassLoader()));
    Thread.currentThread().setContextClassLoader(loader);
    Invoker invoker = new Invoker(/* port= */ 0, args[1], args[2], loader);
    invoker.startTestServer();
    System.out.println(PORT + bindToLoopback(invoker, /* port= */ 0));
    System.out.flush();
  }

  /** The invoker listens on every address and has no setting for that; its connector does. */
  static int bindToLoopback(Invoker invoker, int port) throws Exception {
    Field field = Invoker.class.getDeclaredField("server");
    field.setAccessible(true);
    ServerConnector connector = (ServerConnector) ((Server) field.get(invoker)).getConnectors()[0];
    connector.stop();
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    connector.setReuseAddress(true);
    connector.start();
    return connector.getLocalPort();
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever said; the end is what counts.
      }
    } catch (IOException e) {
      // The same.
    }
    System.exit(0);
  }
}
