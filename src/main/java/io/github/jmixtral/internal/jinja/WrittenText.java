package io.github.jmixtral.internal.jinja;

/**
 * A variable's text that people wrote, not the template's author: the rendered text tells where it
 * went, whatever the template did to it.
 */
public record WrittenText(String text) {}
