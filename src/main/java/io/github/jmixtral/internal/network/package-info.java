/** The forward pass: attention, router, experts, and the key/value cache. */
package io.github.jmixtral.internal.network;
