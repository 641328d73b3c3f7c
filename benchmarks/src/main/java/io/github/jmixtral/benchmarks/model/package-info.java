/** The whole model: tokens a second, beside what the machine allows. */
package io.github.jmixtral.benchmarks.model;
