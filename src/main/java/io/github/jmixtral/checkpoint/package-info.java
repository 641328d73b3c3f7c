/** A folder becomes a configuration, weights and a tokenizer; and the way back. Floor 3. */
package io.github.jmixtral.checkpoint;
