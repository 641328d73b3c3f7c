/**
 * Reads checkpoints: a folder or file becomes a configuration, weights and a tokenizer.
 *
 * <h2>Quantised folders</h2>
 *
 * A quantised folder is a Hub folder, with shards of safetensors and their index, in which a weight
 * {@code NAME} [rows, cols] is stored as the tensor {@code NAME.q4} or {@code NAME.q8} of bytes
 * (U8). Its shape is [⌈rows / 16⌉, cols / 32, bytes of a tile]: 288 bytes of a tile with 4 bits,
 * 544 with 8. {@code io.github.jmixtral.internal.kernel.QuantizedKernels} says what the bytes mean.
 * Where the columns of tiles are in another order, so that those of one scale are neighbours, the
 * tensor {@code NAME.columns} (I32 [cols]) tells which column is at each position. Router, norms,
 * and matrices whose columns are no multiple of 32, are stored as ever.
 *
 * <p>The metadata of each file that holds tiles says {@code "jmixtral.tiles": "1"}; another version
 * is refused. {@code config.json} has {@code "quantization_config": {"quant_method": "jmixtral",
 * "version": 1, "recipe": "q4"}}.
 */
@NullMarked
package io.github.jmixtral.internal.checkpoint;

import org.jspecify.annotations.NullMarked;
