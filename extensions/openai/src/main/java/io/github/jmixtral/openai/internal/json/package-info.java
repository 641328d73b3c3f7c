/** Reads JSON strictly: every fault is named by the place of the field. */
@NullMarked
package io.github.jmixtral.openai.internal.json;

import org.jspecify.annotations.NullMarked;
