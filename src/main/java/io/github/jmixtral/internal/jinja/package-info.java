/**
 * A small Jinja2 for chat templates: the language of Jinja2 3.1 as Hugging Face's transformers sets
 * it up ({@code ImmutableSandboxedEnvironment}, {@code trim_blocks}, {@code lstrip_blocks}, loop
 * controls), with Python's values and printing.
 *
 * <p>A template's text goes through {@link io.github.jmixtral.internal.jinja.Lexer} and {@link
 * io.github.jmixtral.internal.jinja.Parser} into a tree, whose names {@link
 * io.github.jmixtral.internal.jinja.Symbols} resolves by Jinja2's rules of scope; what is left are
 * functions that compute values and write text. Work, depth and output are bounded by {@link
 * io.github.jmixtral.internal.jinja.JinjaLimits}. Texts know which of their parts people wrote
 * ({@link io.github.jmixtral.internal.jinja.WrittenText}).
 */
@NullMarked
package io.github.jmixtral.internal.jinja;

import org.jspecify.annotations.NullMarked;
