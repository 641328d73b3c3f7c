/** The exceptions that users catch. Floor 0: everybody may throw them. */
@NullMarked
package io.github.jmixtral.error;

import org.jspecify.annotations.NullMarked;
