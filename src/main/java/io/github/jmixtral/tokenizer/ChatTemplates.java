package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The sources of a checkpoint's chat templates. As in transformers a template with the name {@code
 * tool_use} is that of conversations with tools, {@code default} that of all others.
 *
 * @param usual empty if there is none, or none that can be read
 * @param toolUse the template for conversations with tools, where they have one of their own
 * @param fault why the usual template cannot be read; it harms nothing but chats
 */
record ChatTemplates(
    Optional<String> usual, Optional<String> toolUse, Optional<MalformedFileException> fault) {
  /** The name of the template for conversations with tools. */
  static final String TOOL_USE = "tool_use";

  /** The name of the usual template. */
  static final String DEFAULT = "default";

  /** A checkpoint without a template. */
  static final ChatTemplates NONE = new ChatTemplates(Optional.empty(), Optional.empty());

  ChatTemplates(Optional<String> usual, Optional<String> toolUse) {
    this(usual, toolUse, Optional.empty());
  }

  /**
   * The templates of a folder: files of their own win over those in tokenizer_config.json.
   *
   * @param config the root of tokenizer_config.json
   */
  static ChatTemplates read(TokenizerFolder folder, Optional<JsonPart> config) {
    return orFault(
        () -> {
          Optional<String> file = text(folder, TokenizerFolder.CHAT_TEMPLATE);
          Optional<String> toolUse = text(folder, TokenizerFolder.TOOL_USE_TEMPLATE);
          if (file.isPresent()) {
            return new ChatTemplates(file, toolUse);
          }
          ChatTemplates others =
              config
                  .flatMap(part -> part.optional("chat_template"))
                  .map(ChatTemplates::of)
                  .orElse(NONE);
          return new ChatTemplates(others.usual, toolUse.or(() -> others.toolUse), others.fault);
        });
  }

  /** The templates that a reader gives, or why it gives none. */
  static ChatTemplates orFault(Supplier<ChatTemplates> reader) {
    try {
      return reader.get();
    } catch (MalformedFileException fault) {
      return new ChatTemplates(Optional.empty(), Optional.empty(), Optional.of(fault));
    }
  }

  /**
   * The same.
   *
   * @throws MalformedFileException if the usual template cannot be read
   */
  ChatTemplates requireSound() {
    if (fault.isPresent()) {
      throw fault.get();
    }
    return this;
  }

  /** The sources of all templates, each by its place as messages name it. */
  Map<String, String> all() {
    requireSound();
    Map<String, String> all = new TreeMap<>();
    usual.ifPresent(source -> all.put("chat_template", source));
    toolUse.ifPresent(source -> all.put("chat_template " + Excerpt.quote(TOOL_USE), source));
    return all;
  }

  /** A template, or a list of several with names; a single one needs no name. */
  private static ChatTemplates of(JsonPart value) {
    if (!value.node().isArray()) {
      return new ChatTemplates(Optional.of(value.string()), Optional.empty());
    }
    List<JsonPart> list = value.elements();
    if (list.size() == 1) {
      return new ChatTemplates(Optional.of(source(list.getFirst())), Optional.empty());
    }
    Optional<String> usual = named(DEFAULT, list);
    Optional<MalformedFileException> fault =
        usual.isPresent()
            ? Optional.empty()
            : Optional.of(
                value.malformed(
                    "none of the " + list.size() + " templates has the name '" + DEFAULT + "'"));
    return new ChatTemplates(usual, named(TOOL_USE, list), fault);
  }

  /** Of several with the same name the last counts. */
  private static Optional<String> named(String name, List<JsonPart> list) {
    return list.reversed().stream()
        .filter(part -> part.required("name").string().equals(name))
        .map(ChatTemplates::source)
        .findFirst();
  }

  private static String source(JsonPart part) {
    return part.required("template").string();
  }

  private static Optional<String> text(TokenizerFolder folder, String name) {
    return folder.beside(name).map(ChatTemplates::text);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new MalformedFileException(file.toString(), "the text is not UTF-8", e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
