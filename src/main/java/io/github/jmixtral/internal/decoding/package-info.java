/** The decoding engine: prompts in, one pass after the other, texts out. */
@NullMarked
package io.github.jmixtral.internal.decoding;

import org.jspecify.annotations.NullMarked;
