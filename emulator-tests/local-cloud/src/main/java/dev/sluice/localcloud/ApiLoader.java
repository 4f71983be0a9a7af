package dev.sluice.localcloud;

/** Lets through the API that invoker and function share, and the JDK; nothing else. */
final class ApiLoader extends ClassLoader {
  private final ClassLoader application;

  ApiLoader(ClassLoader application) {
    super("functions-api", ClassLoader.getPlatformClassLoader());
    this.application = application;
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    if (name.matches("com\\.google\\.cloud\\.functions\\.[^.]+")
        || name.startsWith("io.cloudevents.")
        || name.startsWith("javax.servlet.")) {
      return application.loadClass(name);
    }
    throw new ClassNotFoundException(name);
  }
}
