/** Weight matrices by number format, and their product with activations. Floor 1. */
package io.github.jmixtral.internal.tensor;
