/** The blocks of a decoder layer. */
package io.github.jmixtral.benchmarks.network;
