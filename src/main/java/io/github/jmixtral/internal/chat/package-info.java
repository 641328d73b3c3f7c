/** Conversations as programs write them, and what the model's answers mean. */
@NullMarked
package io.github.jmixtral.internal.chat;

import org.jspecify.annotations.NullMarked;
