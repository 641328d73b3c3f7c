/** Reads and writes files: safetensors, GGUF, PyTorch archives, SentencePiece models, JSON. */
package io.github.jmixtral.internal.format;
