/**
 * The encodings of weights that other programs write: GPTQ, AWQ, bitsandbytes, FP8 and
 * compressed-tensors. Each is found by the names that stand beside a weight, checked, and read row
 * by row where it lies.
 */
@NullMarked
package io.github.jmixtral.internal.encoding;

import org.jspecify.annotations.NullMarked;
