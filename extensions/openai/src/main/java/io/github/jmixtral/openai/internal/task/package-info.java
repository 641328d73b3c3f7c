/**
 * What is to be generated: the fields that all endpoints share become settings, conversations,
 * tools and constraints of the library, and texts run.
 */
@NullMarked
package io.github.jmixtral.openai.internal.task;

import org.jspecify.annotations.NullMarked;
