/**
 * The OpenAI API for one model, without HTTP: {@link io.github.jmixtral.openai.OpenAiApi} reads
 * requests and lists the model.
 */
@NullMarked
package io.github.jmixtral.openai;

import org.jspecify.annotations.NullMarked;
