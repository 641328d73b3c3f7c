/** What a constraint costs. */
package io.github.jmixtral.benchmarks.constraint;
