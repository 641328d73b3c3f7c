/** The addresses of a server, each with what it answers. */
@NullMarked
package io.github.jmixtral.server.internal.api;

import org.jspecify.annotations.NullMarked;
