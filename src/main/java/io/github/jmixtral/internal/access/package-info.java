/** What exported classes show to the other packages of the library only. */
@NullMarked
package io.github.jmixtral.internal.access;

import org.jspecify.annotations.NullMarked;
