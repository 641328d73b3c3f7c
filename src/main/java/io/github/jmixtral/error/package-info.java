/** The exceptions that users catch; all of them extend {@code JmixtralException}. */
@NullMarked
package io.github.jmixtral.error;

import org.jspecify.annotations.NullMarked;
