/** Weight matrices by number format, and their product with activations. */
package io.github.jmixtral.internal.tensor;
