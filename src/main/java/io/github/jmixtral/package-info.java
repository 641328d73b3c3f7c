/**
 * What users call first: {@link io.github.jmixtral.MixtralForCausalLM} loads a Mixtral and
 * generates.
 */
@NullMarked
package io.github.jmixtral;

import org.jspecify.annotations.NullMarked;
