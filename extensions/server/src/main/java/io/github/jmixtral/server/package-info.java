/** Serves a model over HTTP. Start with {@link io.github.jmixtral.server.MixtralServer}. */
@NullMarked
package io.github.jmixtral.server;

import org.jspecify.annotations.NullMarked;
