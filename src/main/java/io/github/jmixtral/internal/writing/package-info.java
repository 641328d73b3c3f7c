/** Checkpoints written: Hub folders, quantised folders, GGUF files. */
package io.github.jmixtral.internal.writing;
