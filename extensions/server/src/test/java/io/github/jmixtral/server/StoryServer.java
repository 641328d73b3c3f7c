package io.github.jmixtral.server;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.server.config.ServerOptions;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.ToolCallingModel;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A server of the model in the box, on a free port. */
public final class StoryServer implements AutoCloseable {
  /** The name by which clients ask for the model. */
  public static final String NAME = "storyteller";

  /** A question, and how to ask it of the library. */
  public static final String QUESTION = "Write a story about a duck.";

  private final MixtralForCausalLM model;
  private final MixtralServer server;

  private StoryServer(Path folder, LoadOptions loading, ServerOptions options) {
    model = MixtralForCausalLM.fromPretrained(folder, loading);
    server =
        MixtralServer.start(
            ServedModel.of(NAME, model), options.withPort(0).withGracePeriod(Duration.ZERO));
  }

  /** Starts a server. */
  public static StoryServer start() {
    return start(ServerOptions.defaults());
  }

  /** Starts a server with options. */
  public static StoryServer start(ServerOptions options) {
    return new StoryServer(Fixtures.storyteller(), LoadOptions.defaults(), options);
  }

  /** Starts a server whose model is loaded with options. */
  public static StoryServer start(LoadOptions loading) {
    return new StoryServer(Fixtures.storyteller(), loading, ServerOptions.defaults());
  }

  /**
   * Starts a server whose model can call tools.
   *
   * @param folder where the model is written
   */
  public static StoryServer startWithTools(Path folder) {
    return new StoryServer(
        ToolCallingModel.write(folder), LoadOptions.defaults(), ServerOptions.defaults());
  }

  /** What the library by itself answers to the question. */
  public Generation answer(int tokens) {
    return model
        .request(Prompt.chat(ChatMessage.user(QUESTION)))
        .withConfig(config -> config.withMaxNewTokens(tokens))
        .generate();
  }

  /** A text's vector of length 1, by the library itself. */
  public float[] embedding(String text) {
    return model
        .embed(List.of(Prompt.text(text)), EmbeddingConfig.defaults().withNormalized(true))[0];
  }

  /** The model that is served. */
  public MixtralForCausalLM model() {
    return model;
  }

  /** An address of the server. */
  public URI uri(String path) {
    return server.uri().resolve(path);
  }

  /** Where clients of OpenAI's API begin. */
  public String openAi() {
    return server.uri() + "/v1";
  }

  /** The number of requests that are being answered. */
  int runningRequests() {
    return server.runningRequests();
  }

  /** The number of connections. */
  int connections() {
    return server.connections();
  }

  /** The bytes of requests that the server holds. */
  long heldBytes() {
    return server.heldBytes();
  }

  /** Waits until the server answers nothing any more. */
  public void awaitIdle() throws InterruptedException {
    for (int waited = 0; server.runningRequests() > 0; waited++) {
      if (waited > 3000) {
        throw new AssertionError(server.runningRequests() + " requests still run");
      }
      Thread.sleep(10);
    }
  }

  @Override
  public void close() {
    server.close();
    model.close();
  }
}
