/** Reads and writes files: safetensors, GGUF, PyTorch archives, SentencePiece models, JSON. */
@NullMarked
package io.github.jmixtral.internal.format;

import org.jspecify.annotations.NullMarked;
