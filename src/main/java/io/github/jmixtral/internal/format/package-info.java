/** Bytes that others wrote, checked at the door: safetensors, JSON, SentencePiece. Floor 1. */
package io.github.jmixtral.internal.format;
