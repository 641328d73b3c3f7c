/** What is counted and timed, for Prometheus. */
@NullMarked
package io.github.jmixtral.server.internal.metrics;

import org.jspecify.annotations.NullMarked;
