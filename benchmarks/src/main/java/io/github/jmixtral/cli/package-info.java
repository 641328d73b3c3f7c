/** Benchmarks of parts of the model that are not public: they share their package. */
package io.github.jmixtral.cli;
