package io.github.jmixtral.cli;

import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.chat.ChatJson;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Text to ids, and back. */
@Command(
    name = "tokenize",
    description = {
      "Prints the ids of a text, or with --decode the text of ids.",
      "",
      "The ids are those that the reference gives for the model's tokenizer file, without special"
          + " tokens around them. Needs no weights: --model may be a folder with nothing but a"
          + " tokenizer, or a tokenizer.json or tokenizer.model itself."
    },
    footer = {
      "  jmixtral tokenize \"Once upon a time\"",
      "  jmixtral tokenize < story.txt",
      "  jmixtral tokenize --decode \"[419, 621, 261, 620]\"",
      "  jmixtral tokenize --model path/to/tokenizer.model --jsonl texts.jsonl > ids.jsonl",
      "  jmixtral tokenize --model path/to/Mixtral-8x22B-Instruct-v0.1 --chat chats.jsonl",
      "  jmixtral tokenize --render templates.jsonl"
    })
final class TokenizeCommand implements Callable<Integer> {
  private static final String STANDARD_INPUT = "-";

  @Spec private CommandSpec spec;
  @ParentCommand private Main main;

  @Parameters(
      arity = "0..1",
      paramLabel = "TEXT",
      description =
          "The text, or with --decode the JSON list of ids. Default: standard input, without a"
              + " line break at its end.")
  private String input;

  @Mixin private ModelOptions modelOptions;
  @Mixin private TextOptions textOptions;

  @Option(
      names = "--jsonl",
      paramLabel = "FILE",
      description = {
        "For each line {\"text\": \"…\"} of the file print a line {\"ids\": […]}; - reads standard"
            + " input."
      })
  private String jsonLines;

  @Option(
      names = "--chat",
      paramLabel = "FILE",
      description = {
        "For each line {\"messages\": […], \"tools\": […], \"continue_final_message\": false} of"
            + " the file, in the form of OpenAI's API, print a line {\"ids\": […]}, or {\"error\":"
            + " \"…\"} for what is no conversation, or one that the model's chat format refuses; -"
            + " reads standard input."
      })
  private String chats;

  @Option(
      names = "--render",
      paramLabel = "FILE",
      description = {
        "For each line {\"template\": \"…\", \"context\": {…}} of the file, a chat template and its"
            + " variables, print a line {\"text\": \"…\"}, or {\"error\": \"…\"} for what cannot be"
            + " read or rendered; needs no model; - reads standard input."
      })
  private String templates;

  @Option(
      names = "--decode",
      description = "The other way: ids in, text out; with --jsonl {\"ids\": […]} in.")
  private boolean decode;

  @Option(
      names = "--json",
      description = "Print an object as --jsonl does, {\"ids\": […]} or {\"text\": \"…\"}.")
  private boolean json;

  TokenizeCommand() {}

  @Override
  public Integer call() {
    long given = Stream.of(input, jsonLines, chats, templates).filter(Objects::nonNull).count();
    if (given > 1) {
      throw new ParameterException(
          spec.commandLine(),
          "TEXT, --jsonl, --chat and --render exclude each other: give one of them");
    }
    if ((chats != null || templates != null) && decode) {
      throw new ParameterException(
          spec.commandLine(),
          "--decode and --chat or --render exclude each other: give one of them");
    }
    Terminal terminal = main.terminal();
    // Nothing of them counts here, but a wrong value is still wrong.
    modelOptions.loadOptions();
    if (templates != null) {
      readLines(
          templates,
          (reader, name) ->
              JsonLines.forEachText(reader, name, (line, _) -> print(TemplateLine.render(line))));
      return Main.GOOD;
    }
    Tokenizer tokenizer = textOptions.over(Tokenizer.fromPretrained(modelOptions.path(terminal)));
    if (jsonLines != null) {
      readLines(
          jsonLines,
          (reader, name) ->
              JsonLines.forEach(
                  reader, name, (line, place) -> print(convert(tokenizer, line, place))));
    } else if (chats != null) {
      readLines(
          chats,
          (reader, name) ->
              JsonLines.forEachText(reader, name, (line, _) -> print(encodeChat(tokenizer, line))));
    } else {
      String text = input == null ? terminal.readAll() : input;
      terminal.printLine(decode ? decoded(tokenizer, text) : encoded(tokenizer, text));
    }
    return Main.GOOD;
  }

  private String encoded(Tokenizer tokenizer, String text) {
    int[] ids = tokenizer.encode(text);
    return JsonLines.line(json ? idsObject(ids) : JsonLines.ids(ids));
  }

  private String decoded(Tokenizer tokenizer, String list) {
    String place = input == null ? "standard input" : "TEXT";
    JsonNode node = JsonLines.parse(list, place);
    String text = tokenizer.decode(IdLists.ids(node, place, Integer.MAX_VALUE));
    return json ? JsonLines.line(textObject(text)) : text;
  }

  private void readLines(String path, BiConsumer<BufferedReader, String> work) {
    boolean fromStandardInput = path.equals(STANDARD_INPUT);
    Path file = Path.of(path);
    String name = fromStandardInput ? "standard input" : file.toString();
    try (BufferedReader reader =
        fromStandardInput ? main.terminal().lines() : TextInput.open(file)) {
      work.accept(reader, name);
    } catch (IOException failure) {
      throw new UncheckedIOException(name + ": cannot be closed", failure);
    }
  }

  private void print(ObjectNode object) {
    main.terminal().printLine(JsonLines.line(object));
  }

  private static ObjectNode encodeChat(Tokenizer tokenizer, String line) {
    try {
      ChatJson chat = ChatJson.read(line);
      return idsObject(tokenizer.encodeChat(chat.messages(), chat.tools()));
    } catch (IllegalArgumentException | JmixtralException refusal) {
      return JsonLines.object().put("error", refusal.getMessage());
    }
  }

  private ObjectNode convert(Tokenizer tokenizer, JsonNode line, String place) {
    if (decode) {
      int[] ids = IdLists.ids(line.path("ids"), place + ": ids", Integer.MAX_VALUE);
      return textObject(tokenizer.decode(ids));
    }
    JsonNode text = line.path("text");
    if (!text.isString()) {
      throw new MalformedFileException(
          place, "an object such as {\"text\": \"…\"}", Excerpt.line(line.toString()));
    }
    try {
      return idsObject(tokenizer.encode(text.stringValue()));
    } catch (IllegalArgumentException noText) {
      throw new MalformedFileException(place, String.valueOf(noText.getMessage()), noText);
    }
  }

  private static ObjectNode idsObject(int[] ids) {
    ObjectNode object = JsonLines.object();
    object.set("ids", JsonLines.ids(ids));
    return object;
  }

  private static ObjectNode textObject(String text) {
    return JsonLines.object().put("text", text);
  }
}
