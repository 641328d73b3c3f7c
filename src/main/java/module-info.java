/**
 * Pure-Java inference for Mistral AI's Mixtral. Start with {@code
 * io.github.jmixtral.MixtralForCausalLM}.
 */
module io.github.jmixtral {
  requires transitive org.slf4j;
  requires tools.jackson.databind;
  requires com.google.protobuf;
  requires jdk.incubator.vector;
  requires jdk.management;
  requires jdk.jfr;
  requires static jinjava;
  requires static info.picocli;
  requires static me.tongfei.progressbar;

  exports io.github.jmixtral;
  exports io.github.jmixtral.config;
  exports io.github.jmixtral.constraint;
  exports io.github.jmixtral.conversion;
  exports io.github.jmixtral.error;
  exports io.github.jmixtral.generation;
  exports io.github.jmixtral.hub;
  exports io.github.jmixtral.model;
  exports io.github.jmixtral.tokenizer;

  // picocli fills the commands' fields.
  opens io.github.jmixtral.cli to
      info.picocli;
}
