package io.github.jmixtral.cli;

import io.github.jmixtral.Session;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationHooks;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What was said so far, and the model's part in it. */
final class Conversation {
  private final Session session;
  private final GenerationConfig config;
  private final GenerationHooks hooks;
  private final Terminal terminal;
  private final boolean json;
  private final List<ChatMessage> turns = new ArrayList<>();
  private Optional<String> instructions = Optional.empty();

  /**
   * A conversation in which nothing was said yet.
   *
   * @param hooks what each answer heeds
   * @param json whether answers are printed as objects
   */
  Conversation(
      Session session,
      GenerationConfig config,
      GenerationHooks hooks,
      Terminal terminal,
      boolean json) {
    this.session = session;
    this.config = config;
    this.hooks = hooks.withCancellation(terminal.interruption().cancellation());
    this.terminal = terminal;
    this.json = json;
  }

  /** Sets or removes the instructions; what was said stays. */
  void instruct(Optional<String> instructions) {
    this.instructions = instructions;
  }

  /** Forgets what was said; the instructions stay. */
  void forget() {
    turns.clear();
  }

  /**
   * Takes a message of the user's and prints the answer to it.
   *
   * @throws IllegalArgumentException if the message cannot be answered; then it was not said
   */
  void answer(String message) {
    ChatMessage turn = ChatMessage.user(message);
    List<ChatMessage> messages = new ArrayList<>();
    instructions.map(ChatMessage::system).ifPresent(messages::add);
    messages.addAll(turns);
    messages.add(turn);
    Generation answer = terminal.interruption().endOrderly(() -> answer(messages));
    turns.add(turn);
    turns.add(ChatMessage.assistant(answer.text()));
  }

  private Generation answer(List<ChatMessage> messages) {
    if (json) {
      Generation answer = session.generate(messages, config, hooks);
      terminal.printLine(GenerationJson.line(answer));
      return answer;
    }
    Generation answer =
        session.generate(messages, config, hooks.withListener((_, piece) -> terminal.print(piece)));
    terminal.printLine("");
    return answer;
  }
}
