/** The command line, and models of random weights for measuring. */
module io.github.jmixtral.cli {
  requires io.github.jmixtral;
  requires io.github.jmixtral.server;
  requires info.picocli;
  requires me.tongfei.progressbar;
  requires tools.jackson.databind;

  // picocli fills the commands' fields.
  opens io.github.jmixtral.cli to
      info.picocli;
}
