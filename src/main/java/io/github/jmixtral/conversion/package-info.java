/** Converts, quantises and verifies checkpoints. */
package io.github.jmixtral.conversion;
