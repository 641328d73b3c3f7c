/**
 * Connections, requests and answers, without a word about models: who may ask, how much, for how
 * long, and what happens when a client goes away.
 */
@NullMarked
package io.github.jmixtral.server.internal.http;

import org.jspecify.annotations.NullMarked;
