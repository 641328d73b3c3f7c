/** The decoder: embedding, layers, norm, head, and the cache between calls. Floor 4. */
package io.github.jmixtral.model;
