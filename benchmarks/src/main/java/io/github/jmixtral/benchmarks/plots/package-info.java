/** Plots of what JMH measured, as SVG. */
package io.github.jmixtral.benchmarks.plots;
