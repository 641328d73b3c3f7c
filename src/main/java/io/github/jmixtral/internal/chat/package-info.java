/** Conversations as programs write them, and what the model's answers mean. */
package io.github.jmixtral.internal.chat;
