/** Checkpoints of the real shape with random weights, for measuring. */
package io.github.jmixtral.cli.synthesis;
