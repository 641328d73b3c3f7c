/** The page with which people chat in a browser. */
@NullMarked
package io.github.jmixtral.server.internal.page;

import org.jspecify.annotations.NullMarked;
