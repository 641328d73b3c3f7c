/** The decoding engine: prompts in, one pass after the other, texts out. */
package io.github.jmixtral.internal.decoding;
