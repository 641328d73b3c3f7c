/**
 * Spring AI's chat and embedding models over a Mixtral that runs in the process.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.jmixtral.spring.ai;

import org.jspecify.annotations.NullMarked;
