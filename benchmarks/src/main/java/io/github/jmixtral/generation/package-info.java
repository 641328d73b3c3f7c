/** Benchmarks of what is not visible outside of the library's package of this name. */
package io.github.jmixtral.generation;
