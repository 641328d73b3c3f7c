/**
 * JMH benchmarks. Each checks that its variants agree before it times them, and says what limits
 * it: GB/s of weights where memory does, GFLOP/s where arithmetic does.
 */
package io.github.jmixtral.benchmarks;
