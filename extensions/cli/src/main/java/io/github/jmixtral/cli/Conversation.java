package io.github.jmixtral.cli;

import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.Session;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tool;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A session in a terminal: takes messages and prints the answers. */
final class Conversation {
  private final Session session;
  private final List<Tool> tools;
  private final Optional<ToolChoice> choice;

  /** Of the calls in the model's last answer, as far as they are there. */
  private final List<ChatMessage> results = new ArrayList<>();

  private final GenerationConfig config;
  private final Optional<Constraint> constraint;
  private final Terminal terminal;
  private final boolean json;

  /**
   * A conversation that begins.
   *
   * @param tools what the model may call
   * @param choice whether it may, must or must not; empty to leave it free
   * @param constraint what each answer is held to
   * @param json whether answers are printed as objects
   */
  Conversation(
      Session session,
      List<Tool> tools,
      Optional<ToolChoice> choice,
      GenerationConfig config,
      Optional<Constraint> constraint,
      Terminal terminal,
      boolean json) {
    this.session = session;
    this.tools = tools;
    this.choice = choice;
    this.config = config;
    this.constraint = constraint;
    this.terminal = terminal;
    this.json = json;
  }

  /** Sets or removes the instructions; what was said stays. */
  void instruct(Optional<String> instructions) {
    Stream<ChatMessage> said = session.messages().stream().filter(message -> !instructs(message));
    session.setMessages(
        Stream.concat(instructions.map(ChatMessage::system).stream(), said).toList());
  }

  /** Forgets what was said; the instructions stay. */
  void forget() {
    results.clear();
    session.setMessages(session.messages().stream().filter(Conversation::instructs).toList());
  }

  private static boolean instructs(ChatMessage message) {
    return message.role() == ChatMessage.Role.SYSTEM;
  }

  /** The call of a tool whose result is the next line. */
  Optional<ToolCall> awaited() {
    List<ChatMessage> said = session.messages();
    return said.isEmpty()
        ? Optional.empty()
        : said.getLast().toolCalls().stream().skip(results.size()).findFirst();
  }

  /**
   * Takes a message of the user's, or the result of the call that is {@link #awaited}, and prints
   * the answer once nothing more is awaited.
   *
   * @throws IllegalArgumentException if the message cannot be answered; then it was not said
   */
  void answer(String line) {
    Optional<ToolCall> call = awaited();
    List<ChatMessage> said = new ArrayList<>(session.messages());
    if (call.isPresent()) {
      results.add(ChatMessage.toolResult(call.get().id(), line).withName(call.get().name()));
      if (awaited().isPresent()) {
        return;
      }
      said.addAll(results);
      results.clear();
    } else {
      said.add(ChatMessage.user(line));
    }
    CancellationHandle handle = new CancellationHandle();
    GenerationRequest plain =
        session
            .request(Prompt.chat(said, tools))
            .withConfig(config)
            .withCancellation(terminal.interruption().cancellation())
            .withCancellation(handle);
    GenerationRequest held = choice.map(plain::withToolChoice).orElse(plain);
    GenerationRequest request = constraint.map(held::withConstraint).orElse(held);
    terminal.interruption().endOrderly(handle, () -> print(request));
  }

  private Generation print(GenerationRequest request) {
    if (json) {
      Generation answer = request.generate();
      terminal.printLine(GenerationJson.line(answer));
      return answer;
    }
    Generation answer = request.onToken(token -> terminal.print(token.text())).generate();
    if (!answer.text().isEmpty() || answer.toolCalls().isEmpty()) {
      terminal.printLine("");
    }
    answer
        .toolCalls()
        .forEach(call -> terminal.printLine(call.name() + "(" + call.arguments() + ")"));
    return answer;
  }
}
