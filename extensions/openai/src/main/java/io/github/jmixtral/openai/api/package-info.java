/**
 * What requests and answers have in common, whatever the endpoint: the served model, a request that
 * was read, its answer, the events of a stream, and errors. Values are immutable.
 */
@NullMarked
package io.github.jmixtral.openai.api;

import org.jspecify.annotations.NullMarked;
