package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.internal.automaton.ConstraintRun;
import io.github.jmixtral.internal.chat.AnswerReader;
import io.github.jmixtral.internal.chat.CallSchema;
import io.github.jmixtral.internal.sampling.TokenConstraints;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.Tool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the processors that hold answers to constraints, and calls to the tools' schemas. */
final class ConstraintRules {
  /** Lists of tools whose constraint is kept: as a rule an application has few. */
  private static final int KEPT = 16;

  /** What a list of calls is made of. */
  private record Calls(List<Tool> tools, boolean single) {}

  private final Optional<Tokenizer> tokenizer;
  private final Optional<TokenConstraints> constraints;

  /** The last to be used stands last. */
  private final Map<Calls, Constraint> ofCalls =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Calls, Constraint> eldest) {
          return size() > KEPT;
        }
      };

  ConstraintRules(Optional<Tokenizer> tokenizer, int vocabSize) {
    this.tokenizer = tokenizer;
    constraints = tokenizer.map(words -> new TokenConstraints(words, vocabSize));
  }

  /**
   * The caller's processors, and behind them that of constraint and tool choice, if there is one.
   *
   * @param prompt nothing is inherited any more
   * @param maxLength most ids that prompt and new text may have
   * @throws IllegalArgumentException as {@link ConstraintProcessor}, for a constraint without a
   *     tokenizer, and if tool choice, constraint and chat format do not fit each other
   */
  List<LogitsProcessor> processors(ConfiguredPrompt prompt, int maxLength, int vocabSize) {
    GenerationHooks hooks = prompt.hooks();
    ToolChoice choice = prompt.toolUse().choice();
    List<LogitsProcessor> processors = new ArrayList<>(hooks.logitsProcessors());
    if (choice != null && choice.isRequired() && hooks.constraint() != null) {
      throw new IllegalArgumentException(
          "a constraint and the tool choice " + choice + " exclude each other: use one of them");
    }
    int promptLength = prompt.promptIds().length;
    Optional<ConstraintProcessor> text =
        Optional.ofNullable(hooks.constraint())
            .map(
                constraint ->
                    processor(constraint, prompt.config(), promptLength, maxLength, vocabSize));
    if (choice != null && choice.isAllowed()) {
      processors.add(ofCalls(prompt, choice, text, maxLength, vocabSize));
    } else {
      if (choice != null) {
        tokenizer
            .map(AnswerReader::toolCallsId)
            .ifPresent(id -> id.ifPresent(control -> processors.add(without(control))));
      }
      text.ifPresent(processors::add);
    }
    return processors;
  }

  private ToolCallProcessor ofCalls(
      ConfiguredPrompt prompt,
      ToolChoice choice,
      Optional<ConstraintProcessor> text,
      int maxLength,
      int vocabSize) {
    int control =
        tokenizer
            .map(AnswerReader::toolCallsId)
            .orElseThrow(ConstraintRules::noCalls)
            .orElseThrow(ConstraintRules::noCalls);
    ConstraintRun run = run(callConstraint(prompt.toolUse().tools(), choice));
    int least = 1 + run.fewestTokens();
    int promptLength = prompt.promptIds().length;
    // Where no call fits, a text still may.
    int room = choice.isRequired() ? promptLength + 1 : maxLength - run.fewestTokens();
    var calls = new ConstraintProcessor(run, room, maxLength, vocabSize, eos(prompt.config()));
    return new ToolCallProcessor(choice, control, calls, text, maxLength - least);
  }

  private static IllegalArgumentException noCalls() {
    return new IllegalArgumentException(
        "the tool choice needs a tokenizer with the control token " + AnswerReader.TOOL_CALLS);
  }

  private Constraint callConstraint(List<Tool> tools, ToolChoice choice) {
    Calls calls = new Calls(tools, !choice.allowsParallelCalls());
    synchronized (ofCalls) {
      Constraint known = ofCalls.get(calls);
      if (known == null) {
        known = Constraint.jsonSchema(CallSchema.of(calls.tools(), calls.single()));
        ofCalls.put(calls, known);
      }
      return known;
    }
  }

  private static LogitsProcessor without(int id) {
    return (_, logits) -> logits[id] = Float.NEGATIVE_INFINITY;
  }

  private ConstraintProcessor processor(
      Constraint constraint,
      GenerationConfig config,
      int promptLength,
      int maxLength,
      int vocabSize) {
    return new ConstraintProcessor(
        run(constraint), promptLength, maxLength, vocabSize, eos(config));
  }

  private static int[] eos(GenerationConfig config) {
    return config.eosTokenIds().orElse(new int[0]);
  }

  private ConstraintRun run(Constraint constraint) {
    return constraints
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "a constraint needs a tokenizer, and the model has none"))
        .start(constraint);
  }
}
