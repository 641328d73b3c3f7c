/**
 * Mixtral in Apache Spark's executors: {@link io.github.jmixtral.spark.MixtralFunctions} for
 * Datasets and SQL, {@link io.github.jmixtral.spark.MixtralTransformer} for pipelines.
 */
@NullMarked
package io.github.jmixtral.spark;

import org.jspecify.annotations.NullMarked;
