package io.github.jmixtral.internal.jinja;

import java.util.Map;

/** A template as functions. Immutable. */
record CompiledTemplate(Block root, Map<String, Block> blocks) {}
