/**
 * Ollama's API for one model, without HTTP: {@link io.github.jmixtral.openai.ollama.OllamaApi}
 * reads requests and lists the model.
 */
@NullMarked
package io.github.jmixtral.openai.ollama;

import org.jspecify.annotations.NullMarked;
