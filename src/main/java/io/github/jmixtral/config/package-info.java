/**
 * All settings: what describes a model ({@link io.github.jmixtral.config.MixtralConfig}), how it is
 * loaded ({@link io.github.jmixtral.config.LoadOptions}), how it generates ({@link
 * io.github.jmixtral.config.GenerationConfig}) and embeds ({@link
 * io.github.jmixtral.config.EmbeddingConfig}). Every class is immutable; {@code with…} methods
 * return changed copies. Arrays are copied on their way in and out.
 */
@NullMarked
package io.github.jmixtral.config;

import org.jspecify.annotations.NullMarked;
