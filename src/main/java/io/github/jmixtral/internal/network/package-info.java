/** The forward pass: attention, router, experts, and the key/value cache. */
@NullMarked
package io.github.jmixtral.internal.network;

import org.jspecify.annotations.NullMarked;
