package io.github.jmixtral.langchain4j;

import io.github.jmixtral.langchain4j.spi.JmixtralChatModelBuilderFactory;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes builders of chat models with a name of its own, as a framework's extension does. */
public final class NamingFactory implements JmixtralChatModelBuilderFactory {
  static final String NAME = "named by a service";

  @Override
  public JmixtralChatModel.Builder get() {
    return new JmixtralChatModel.Builder().modelName(NAME);
  }

  /** Makes it a service of this thread, with a file in a folder, while something runs. */
  static void asService(Path folder, Runnable task) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(JmixtralChatModelBuilderFactory.class.getName()),
        NamingFactory.class.getName());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {url(folder)}, before)) {
      thread.setContextClassLoader(loader);
      task.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static URL url(Path folder) throws MalformedURLException {
    return folder.toUri().toURL();
  }
}
