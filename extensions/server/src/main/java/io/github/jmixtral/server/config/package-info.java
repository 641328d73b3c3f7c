/** Where and how a server listens. Every class is immutable. */
@NullMarked
package io.github.jmixtral.server.config;

import org.jspecify.annotations.NullMarked;
