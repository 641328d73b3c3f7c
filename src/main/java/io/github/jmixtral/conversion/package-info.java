/**
 * Converts, quantises and verifies checkpoints. Everything is streamed: memory is bounded by the
 * largest tensor, and what is written appears when it is complete.
 *
 * <pre>{@code
 * // A quantised folder, with a calibration.
 * QuantizationReport report =
 *     new CheckpointQuantizer(Path.of("mixtral"), Recipe.Q4)
 *         .withCalibration(List.of(tokenizer.encode(text, true)), ids -> {})
 *         .write(Path.of("mixtral-q4"), bytes -> {});
 *
 * // A GGUF file for llama.cpp.
 * new CheckpointConverter(Path.of("mixtral"), ConversionTarget.gguf("q8_0"))
 *     .write(Path.of("mixtral-q8_0.gguf"), bytes -> {});
 *
 * // Headers, index, shapes, numbers, tokenizer, settings and expected logits.
 * List<Finding> findings = new CheckpointVerifier(Path.of("mixtral")).verify(listener);
 * }</pre>
 *
 * A progress listener that throws ends the work, and nothing unfinished stays behind.
 */
@NullMarked
package io.github.jmixtral.conversion;

import org.jspecify.annotations.NullMarked;
