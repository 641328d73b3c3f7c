package io.github.jmixtral.cli;

import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.Session;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.util.Optional;
import java.util.stream.Stream;

/** A session in a terminal: takes messages and prints the answers. */
final class Conversation {
  private final Session session;
  private final GenerationConfig config;
  private final Optional<Constraint> constraint;
  private final Terminal terminal;
  private final boolean json;

  /**
   * A conversation that begins.
   *
   * @param constraint what each answer is held to
   * @param json whether answers are printed as objects
   */
  Conversation(
      Session session,
      GenerationConfig config,
      Optional<Constraint> constraint,
      Terminal terminal,
      boolean json) {
    this.session = session;
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
    session.setMessages(session.messages().stream().filter(Conversation::instructs).toList());
  }

  private static boolean instructs(ChatMessage message) {
    return message.role() == ChatMessage.Role.SYSTEM;
  }

  /**
   * Takes a message of the user's and prints the answer to it.
   *
   * @throws IllegalArgumentException if the message cannot be answered; then it was not said
   */
  void answer(String message) {
    GenerationRequest plain =
        session
            .request(ChatMessage.user(message))
            .withConfig(config)
            .withCancellation(terminal.interruption().cancellation());
    GenerationRequest request = constraint.map(plain::withConstraint).orElse(plain);
    terminal.interruption().endOrderly(() -> print(request));
  }

  private Generation print(GenerationRequest request) {
    if (json) {
      Generation answer = request.generate();
      terminal.printLine(GenerationJson.line(answer));
      return answer;
    }
    Generation answer = request.onToken(token -> terminal.print(token.text())).generate();
    terminal.printLine("");
    return answer;
  }
}
