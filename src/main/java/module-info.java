/**
 * Pure-Java inference for Mistral AI's Mixtral. Start with {@code
 * io.github.jmixtral.MixtralForCausalLM}.
 */
// The command line is built after the library; protobuf-java has a module name, but no descriptor.
@SuppressWarnings({"module", "requires-automatic"})
module io.github.jmixtral {
  requires org.slf4j;
  requires tools.jackson.databind;
  requires com.google.protobuf;
  requires java.net.http;
  requires jdk.incubator.vector;
  requires jdk.management;
  requires static jdk.jfr;
  requires static org.jspecify;

  exports io.github.jmixtral;
  exports io.github.jmixtral.config;
  exports io.github.jmixtral.constraint;
  exports io.github.jmixtral.conversion;
  exports io.github.jmixtral.error;
  exports io.github.jmixtral.generation;
  exports io.github.jmixtral.hub;
  exports io.github.jmixtral.model;
  exports io.github.jmixtral.tokenizer;
  exports io.github.jmixtral.internal.chat to
      io.github.jmixtral.cli;
  exports io.github.jmixtral.internal.checkpoint to
      io.github.jmixtral.cli;
  exports io.github.jmixtral.internal.format to
      io.github.jmixtral.cli;
  exports io.github.jmixtral.internal.jinja to
      io.github.jmixtral.cli;
  exports io.github.jmixtral.internal.kernel to
      io.github.jmixtral.cli;
  exports io.github.jmixtral.internal.network to
      io.github.jmixtral.cli;
  exports io.github.jmixtral.internal.tensor to
      io.github.jmixtral.cli;
  exports io.github.jmixtral.internal.writing to
      io.github.jmixtral.cli;
}
