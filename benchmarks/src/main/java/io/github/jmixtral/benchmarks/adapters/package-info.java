/** What the frameworks' adapters cost beside the library itself. */
package io.github.jmixtral.benchmarks.adapters;
