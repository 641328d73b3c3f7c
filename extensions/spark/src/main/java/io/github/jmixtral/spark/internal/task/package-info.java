/** What is to be done with rows: values that the driver makes and executors read. */
@NullMarked
package io.github.jmixtral.spark.internal.task;

import org.jspecify.annotations.NullMarked;
