package io.github.jmixtral.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * How fast memory can be read at all: the ceiling of decoding, which reads every weight that it
 * uses once per token. Each thread sums its share of 1 GiB, far more than any cache holds; {@code
 * gigabytes} is the sum of what all threads read in a second, in 10⁹ bytes.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class MemoryReadBenchmark {
  private static final long BYTE_SIZE = 1L << 30;
  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;

  /** The memory that is read, shared by all threads. */
  @State(Scope.Benchmark)
  public static class Memory {
    private Arena arena;
    private MemorySegment segment;

    /** Fills the memory, and checks that the vector loop sums what a plain loop sums. */
    @Setup
    public void allocate() {
      arena = Arena.ofShared();
      segment = arena.allocate(BYTE_SIZE, 64);
      long expected = 0;
      for (long offset = 0; offset < BYTE_SIZE; offset += Long.BYTES) {
        long value = offset * 0x9E3779B97F4A7C15L;
        segment.set(ValueLayout.JAVA_LONG, offset, value);
        expected += value;
      }
      long found = sum(segment, 0, BYTE_SIZE);
      if (found != expected) {
        throw new IllegalStateException("expected the sum " + expected + ", found " + found);
      }
    }

    /** Gives the memory back. */
    @TearDown
    public void free() {
      arena.close();
    }
  }

  /** Counts what was read; JMH reports it per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Read {
    /** 10⁹ bytes. */
    public double gigabytes;
  }

  /** Reads all of the memory in one thread. */
  @Benchmark
  @Threads(1)
  public long oneThread(Memory memory, Read read) {
    read.gigabytes += BYTE_SIZE / 1e9;
    return sum(memory.segment, 0, BYTE_SIZE);
  }

  /** Each of two threads reads its half of the memory. */
  @Benchmark
  @Threads(2)
  public long twoThreads(Memory memory, Read read, ThreadParams threads) {
    long share = BYTE_SIZE / threads.getThreadCount();
    long begin = share * threads.getThreadIndex();
    read.gigabytes += share / 1e9;
    return sum(memory.segment, begin, begin + share);
  }

  /**
   * Returns the sum of the longs in bytes {@code [begin, end)}. Four sums keep four loads in
   * flight; the length is a multiple of four vectors of any size.
   */
  public static long sum(MemorySegment segment, long begin, long end) {
    int vector = SPECIES.vectorByteSize();
    LongVector sum0 = LongVector.zero(SPECIES);
    LongVector sum1 = sum0;
    LongVector sum2 = sum0;
    LongVector sum3 = sum0;
    ByteOrder order = ByteOrder.nativeOrder();
    for (long i = begin; i < end; i += 4L * vector) {
      sum0 = sum0.add(LongVector.fromMemorySegment(SPECIES, segment, i, order));
      sum1 = sum1.add(LongVector.fromMemorySegment(SPECIES, segment, i + vector, order));
      sum2 = sum2.add(LongVector.fromMemorySegment(SPECIES, segment, i + 2L * vector, order));
      sum3 = sum3.add(LongVector.fromMemorySegment(SPECIES, segment, i + 3L * vector, order));
    }
    return sum0.add(sum1).add(sum2.add(sum3)).reduceLanes(VectorOperators.ADD);
  }
}
