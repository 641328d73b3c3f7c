/** Checkpoints written: Hub folders, quantised folders, GGUF files. */
@NullMarked
package io.github.jmixtral.internal.writing;

import org.jspecify.annotations.NullMarked;
