/** What runs in executors: models that tasks share, and the rows that pass through them. */
@NullMarked
package io.github.jmixtral.spark.internal.executor;

import org.jspecify.annotations.NullMarked;
