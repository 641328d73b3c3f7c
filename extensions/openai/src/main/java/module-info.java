/**
 * Requests and answers of the OpenAI API, and of Ollama's, for jmixtral: what a server, a batch
 * file or a cluster job needs of them, without HTTP. Start with {@code
 * io.github.jmixtral.openai.OpenAiApi}.
 */
module io.github.jmixtral.openai {
  requires transitive io.github.jmixtral;
  requires transitive tools.jackson.databind;
  requires static org.jspecify;

  exports io.github.jmixtral.openai;
  exports io.github.jmixtral.openai.api;
  exports io.github.jmixtral.openai.ollama;
}
