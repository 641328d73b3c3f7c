package io.github.jmixtral.internal.jinja;

/**
 * What a template made.
 *
 * @param text the whole text
 * @param written where text of {@link WrittenText} stands in it, in order and apart: from, to,
 *     from, to, … in UTF-16 units
 */
public record RenderedText(String text, int[] written) {}
