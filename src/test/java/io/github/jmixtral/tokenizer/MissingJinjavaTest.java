package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without the optional library everything works but foreign chat templates, which name it. */
@RunsOnce
class MissingJinjavaTest {
  /** One class of each library that the tokenizer always has. */
  private static final List<String> PRESENT =
      List.of(
          "io.github.jmixtral.tokenizer.Tokenizer",
          "com.google.protobuf.CodedInputStream",
          "tools.jackson.databind.JsonNode",
          "tools.jackson.core.JsonParser",
          "com.fasterxml.jackson.annotation.JsonFormat",
          "org.slf4j.Logger");

  @TempDir Path folder;

  @Test
  void aForeignTemplateNamesTheMissingLibrary() throws ReflectiveOperationException, IOException {
    SmallTokenizers.writeJson(folder, root -> {});
    SmallTokenizers.writeConfig(
        folder, config -> config.put("chat_template", "<|im_start|>{{ messages[0].content }}"));
    Throwable refusal =
        assertThrows(InvocationTargetException.class, this::encodeChatWithoutJinjava).getCause();
    assertEquals(
        "io.github.jmixtral.error.MissingDependencyException", refusal.getClass().getName());
    assertEquals(
        "Rendering the checkpoint's chat template needs the optional dependency"
            + " com.hubspot.jinjava:jinjava, found none; add it to your build",
        refusal.getMessage());
  }

  @Test
  void mistralsOwnFormatNeedsNoLibrary() throws ReflectiveOperationException, IOException {
    SmallTokenizers.writeJson(folder, root -> {});
    assertEquals(1, encodeChatWithoutJinjava()[0]);
  }

  private int[] encodeChatWithoutJinjava() throws ReflectiveOperationException, IOException {
    URL[] libraries = new URL[PRESENT.size()];
    for (int i = 0; i < libraries.length; i++) {
      libraries[i] =
          Class.forName(PRESENT.get(i)).getProtectionDomain().getCodeSource().getLocation();
    }
    // Not even the platform's loader as parent: it finds every module of the application.
    try (URLClassLoader loader = new URLClassLoader(libraries, null)) {
      Class<?> message = loader.loadClass("io.github.jmixtral.tokenizer.ChatMessage");
      Object user = message.getMethod("user", String.class).invoke(null, "a");
      Class<?> type = loader.loadClass("io.github.jmixtral.tokenizer.Tokenizer");
      Object tokenizer = type.getMethod("fromPretrained", Path.class).invoke(null, folder);
      return (int[]) type.getMethod("encodeChat", List.class).invoke(tokenizer, List.of(user));
    }
  }
}
