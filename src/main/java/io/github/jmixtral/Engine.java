package io.github.jmixtral;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.constraint.RecordBinding;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.internal.decoding.Admission;
import io.github.jmixtral.internal.decoding.ConfiguredPrompt;
import io.github.jmixtral.internal.decoding.DecodingLoop;
import io.github.jmixtral.internal.decoding.GenerationHooks;
import io.github.jmixtral.internal.decoding.GenerationThreads;
import io.github.jmixtral.internal.decoding.PassScheduler;
import io.github.jmixtral.internal.decoding.PrefixCache;
import io.github.jmixtral.internal.decoding.ToolUse;
import io.github.jmixtral.internal.network.LanguageModel;
import java.util.List;

/**
 * What a model and its sessions generate with: the network, its tokenizer, the settings that
 * requests inherit, the decoding loop, and threads for what is generated in the background.
 */
final class Engine implements Generator {
  /** What counts if neither the call nor the model's folder sets it. */
  private static final GenerationConfig LIBRARY_DEFAULTS =
      GenerationConfig.inherit().withDoSample(false).withTopK(50);

  /** New ids of an answer in a conversation, if they fit, however many requests may run. */
  private static final int LEAST_ROOM = 4096;

  private final LanguageModel model;
  private final ModelTokenizer tokenizer;
  private final GenerationConfig generationConfig;
  private final DecodingLoop loop;
  private final GenerationThreads threads;
  private final Admission admission;
  private final PassScheduler scheduler;
  private final PrefixCache prefixes;
  private final int maxRequests;

  /** A record's schema is compiled once. */
  private final ClassValue<RecordBinding<?>> bindings =
      new ClassValue<>() {
        @Override
        protected RecordBinding<?> computeValue(Class<?> type) {
          return RecordBinding.of(type.asSubclass(Record.class));
        }
      };

  /**
   * @param generationConfig what requests inherit
   */
  Engine(
      LanguageModel model,
      ModelTokenizer tokenizer,
      GenerationConfig generationConfig,
      LoadOptions options,
      PassScheduler scheduler,
      PrefixCache prefixes,
      Admission admission) {
    this.admission = admission;
    this.scheduler = scheduler;
    this.prefixes = prefixes;
    this.model = model;
    this.tokenizer = tokenizer;
    this.generationConfig = generationConfig;
    loop = new DecodingLoop(model, scheduler, prefixes, tokenizer.found(), admission);
    threads = new GenerationThreads(options.maxRequests(), options.maxWaiting(), admission);
    maxRequests = options.maxRequests();
  }

  LanguageModel model() {
    return model;
  }

  GenerationConfig generationConfig() {
    return generationConfig;
  }

  DecodingLoop loop() {
    return loop;
  }

  GenerationThreads threads() {
    return threads;
  }

  Admission admission() {
    return admission;
  }

  PassScheduler scheduler() {
    return scheduler;
  }

  /** Cancels what runs in the background, then waits for the calls of other threads. */
  void close() {
    threads.close();
    admission.close();
    prefixes.clear();
    model.close();
  }

  ModelTokenizer tokenizer() {
    return tokenizer;
  }

  /** The ids of a prompt as they are, without a BOS for an empty one. */
  int[] encode(Prompt prompt) {
    return prompt.encode(tokenizer::require);
  }

  @SuppressWarnings("unchecked")
  <T extends Record> RecordBinding<T> binding(Class<T> type) {
    return (RecordBinding<T>) bindings.get(type);
  }

  /** The settings of a call with everything inherited. */
  GenerationConfig inherited(GenerationConfig config) {
    return config.over(generationConfig).over(LIBRARY_DEFAULTS);
  }

  @Override
  public Generation generate(Prompt prompt, GenerationConfig config, GenerationHooks hooks) {
    return loop.run(List.of(configuredForOne(prompt, config, hooks))).getFirst();
  }

  /** A prompt that becomes one text, whatever the model's folder asks for. */
  ConfiguredPrompt configuredForOne(Prompt prompt, GenerationConfig config, GenerationHooks hooks) {
    int asked = config.numReturnSequences().orElse(1);
    if (asked > 1) {
      throw new IllegalArgumentException(
          "num_return_sequences is %d, but this call returns one text; use generateAll"
              .formatted(asked));
    }
    return configured(prompt, inherited(config).withNumReturnSequences(1), hooks);
  }

  /** A prompt that becomes {@code num_return_sequences} texts. */
  ConfiguredPrompt configuredForAll(Prompt prompt, GenerationConfig config, GenerationHooks hooks) {
    return configured(prompt, inherited(config), hooks);
  }

  private ConfiguredPrompt configured(
      Prompt prompt, GenerationConfig inherited, GenerationHooks hooks) {
    int[] ids = encode(prompt);
    if (prompt.isChat()) {
      return new ConfiguredPrompt(
          ids,
          withRoomInChat(inherited, ids.length),
          hooks,
          ToolUse.inChat(prompt.tools(), hooks.toolChoice()));
    }
    if (hooks.toolChoice() != null) {
      throw new IllegalArgumentException("a tool choice needs a conversation: use Prompt.chat");
    }
    return new ConfiguredPrompt(ids.length == 0 ? bos(inherited) : ids, inherited, hooks);
  }

  /**
   * Without any length, an answer may have as many ids as the context has room for, and the
   * request's share of the cache memory; but {@value #LEAST_ROOM} at least, where the memory holds
   * them.
   */
  private GenerationConfig withRoomInChat(GenerationConfig inherited, int promptLength) {
    int room = model.config().maxPositionEmbeddings() - promptLength;
    boolean hasLength =
        inherited.maxNewTokens().isPresent()
            || inherited.setting("max_length", Integer.class).isPresent();
    // A conversation beyond the context is not refused: it gets the length of any other prompt.
    if (hasLength || room < 1) {
      return inherited;
    }
    long budget = model.cacheMemory().budget();
    int least = roomInMemory(promptLength, Math.min(room, LEAST_ROOM), inherited, budget);
    int share = roomInMemory(promptLength, room, inherited, budget / maxRequests);
    return inherited.withMaxNewTokens(Math.max(1, Math.max(least, share)));
  }

  /** As many new ids, at most {@code most}, as the memory holds beside the prompt; 0 for none. */
  private int roomInMemory(int promptLength, int most, GenerationConfig config, long bytes) {
    int least = 0;
    int room = most;
    while (least < room) {
      int middle = room - (room - least) / 2;
      if (loop.cacheBytes(promptLength, middle, config) <= bytes) {
        least = middle;
      } else {
        room = middle - 1;
      }
    }
    return room;
  }

  private static int[] bos(GenerationConfig inherited) {
    return new int[] {
      inherited
          .bosTokenId()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "the prompt is empty and the model has no bos_token_id to begin with;"
                          + " give at least one id"))
    };
  }
}
