/** Serves a model over HTTP. Start with {@code io.github.jmixtral.server.MixtralServer}. */
module io.github.jmixtral.server {
  requires transitive io.github.jmixtral.openai;
  requires micrometer.core;
  requires micrometer.registry.prometheus;
  requires org.eclipse.jetty.alpn.server;
  requires org.eclipse.jetty.http;
  requires org.eclipse.jetty.http2.server;
  requires org.eclipse.jetty.io;
  requires org.eclipse.jetty.server;
  requires org.eclipse.jetty.util;
  requires org.slf4j;
  requires tools.jackson.databind;
  requires static org.jspecify;

  exports io.github.jmixtral.server;
  exports io.github.jmixtral.server.config;
}
