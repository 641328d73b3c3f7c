package io.github.jmixtral.cli;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.Session;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.internal.chat.ChatJson;
import io.github.jmixtral.tokenizer.Tool;
import io.github.jmixtral.tokenizer.ToolCall;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** A conversation: a line of standard input is a turn of the user's. */
@Command(
    name = "chat",
    description = {
      "A conversation in the terminal.",
      "",
      "Each line is a message; the answer comes as it is made. The model hears the whole"
          + " conversation each time, and computes what is new of it.",
      "",
      "In the conversation: /system TEXT instructs the model (/system alone no longer), /reset"
          + " forgets what was said, /exit or the end of the input ends. Any other line is a"
          + " message; one that begins with // begins with / for the model.",
      "",
      "On a terminal, Ctrl-C ends the answer; a second time, or where none is under way, the"
          + " conversation.",
      "",
      "A message that cannot be answered, such as one that is too long, is skipped with a line on"
          + " standard error; the exit code is then 1."
    },
    footer = {
      "  jmixtral chat",
      "  jmixtral chat --model path/to/Mixtral-8x7B-Instruct-v0.1 --system \"Answer briefly.\"",
      "  echo \"What is 3 plus 4?\" | jmixtral chat"
    })
final class ChatCommand implements Callable<Integer> {
  private static final String COMMANDS = "/system TEXT, /reset, /exit";

  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private ModelOptions modelOptions;
  @Mixin private SamplingOptions samplingOptions;
  @Mixin private ConstraintOptions constraintOptions;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "Instructions for the whole conversation.")
  private String system;

  @Option(
      names = "--tools",
      paramLabel = "FILE",
      description = {
        "Tools that the model may call: a JSON list in the form of OpenAI's API. Calls are printed,"
            + " and the lines that follow are their results, one each."
      })
  private Path tools;

  @Option(
      names = "--tool-choice",
      paramLabel = "auto|required|none|NAME",
      description = {
        "Whether the model may, must or must not call tools, or the tool that it must call; its"
            + " calls then fit the tools' schemas.",
        "Default: the model is free, and a call that is malformed is shown as text."
      })
  private String toolChoice;

  @Option(
      names = "--json",
      description = "Print one object a turn, with the keys of 'generate --json'.")
  private boolean json;

  private int exitCode = Main.GOOD;

  ChatCommand() {}

  @Override
  public Integer call() {
    Terminal terminal = main.terminal();
    try (MixtralForCausalLM model =
            MixtralForCausalLM.fromPretrained(
                modelOptions.folder(terminal), modelOptions.loadOptions());
        Session session = model.newSession()) {
      // Says at once, not after the first message, when there is none.
      model.tokenizer();
      Conversation conversation =
          new Conversation(
              session,
              tools(),
              toolChoice(),
              samplingOptions.config(),
              constraintOptions.constraint(),
              terminal,
              json);
      conversation.instruct(Optional.ofNullable(system));
      if (terminal.interactive()) {
        terminal.interruption().endAnswersFirst();
        terminal.errors().println("Write a message, or " + COMMANDS + ".");
      }
      BufferedReader lines = terminal.lines();
      boolean goOn = true;
      while (goOn) {
        showPrompt(terminal, conversation);
        Optional<String> line = TextInput.readLine(lines, "standard input");
        goOn = line.isPresent() && take(conversation, line.get());
      }
      if (terminal.interactive()) {
        terminal.errors().println();
      }
    }
    return exitCode;
  }

  private Optional<ToolChoice> toolChoice() {
    if (toolChoice == null) {
      return Optional.empty();
    }
    if (tools == null) {
      throw new ParameterException(spec.commandLine(), "--tool-choice needs --tools FILE");
    }
    return Optional.of(
        switch (toolChoice) {
          case "auto" -> ToolChoice.auto();
          case "required" -> ToolChoice.required();
          case "none" -> ToolChoice.none();
          default -> ToolChoice.tool(toolChoice);
        });
  }

  private List<Tool> tools() {
    if (tools == null) {
      return List.of();
    }
    return ChatJson.readTools(tools.toString(), TextInput.readAll(tools));
  }

  /** Does what a line asks for; false to end. */
  private boolean take(Conversation conversation, String line) {
    String[] words = line.strip().split("\\s+", 2);
    switch (words[0]) {
      case "" -> {}
      case "/exit" -> {
        return false;
      }
      case "/reset" -> conversation.forget();
      case "/system" ->
          conversation.instruct(words.length < 2 ? Optional.empty() : Optional.of(words[1]));
      default -> answer(conversation, line.startsWith("//") ? line.substring(1) : line);
    }
    return true;
  }

  /** Bad input ends a turn and not the conversation. */
  private void answer(Conversation conversation, String message) {
    try {
      conversation.answer(message);
    } catch (IllegalArgumentException badInput) {
      exitCode = main.failures().handle(badInput);
    }
  }

  private static void showPrompt(Terminal terminal, Conversation conversation) {
    if (terminal.interactive()) {
      PrintWriter errors = terminal.errors();
      errors.print(conversation.awaited().map(ToolCall::name).orElse("") + "> ");
      errors.flush();
    }
  }
}
