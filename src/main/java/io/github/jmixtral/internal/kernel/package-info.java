/** Inner loops, each as plain loops and on SIMD vectors, and the team of threads. */
@NullMarked
package io.github.jmixtral.internal.kernel;

import org.jspecify.annotations.NullMarked;
