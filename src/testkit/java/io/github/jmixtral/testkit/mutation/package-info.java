/**
 * Hostile files: seeded mutants of small valid ones, and what no reader may do when it meets them.
 */
package io.github.jmixtral.testkit.mutation;
