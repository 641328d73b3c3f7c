/** One class for each endpoint's request, and what makes its answers. */
@NullMarked
package io.github.jmixtral.openai.internal.endpoint;

import org.jspecify.annotations.NullMarked;
