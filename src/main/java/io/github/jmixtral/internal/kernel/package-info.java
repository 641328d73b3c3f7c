/** Inner loops, each as plain loops and on SIMD vectors, and the team of threads. */
package io.github.jmixtral.internal.kernel;
