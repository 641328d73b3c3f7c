/**
 * What users call first: {@link io.github.jmixtral.MixtralForCausalLM} loads a Mixtral and
 * generates. Floor 6.
 */
package io.github.jmixtral;
