package io.github.jmixtral.benchmarks;

import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How fast a core can multiply and add at all: twelve independent chains of fused multiply-adds on
 * registers, with no memory in sight. The ceiling of a float product with many tokens.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PeakBenchmark {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int ROUNDS = 100_000;
  private static final int CHAINS = 12;

  /** Counts the work; JMH reports it per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    /** 10⁹ floating-point operations. */
    public double gigaflop;
  }

  /** One core. */
  @Benchmark
  @Threads(1)
  public float oneThread(Work work) {
    return chains(work);
  }

  /** Two cores. */
  @Benchmark
  @Threads(2)
  public float twoThreads(Work work) {
    return chains(work);
  }

  private static float chains(Work work) {
    FloatVector factor = FloatVector.broadcast(FLOATS, 0.999f);
    FloatVector term = FloatVector.broadcast(FLOATS, 0.001f);
    FloatVector a = term;
    FloatVector b = term.add(1f);
    FloatVector c = term.add(2f);
    FloatVector d = term.add(3f);
    FloatVector e = term.add(4f);
    FloatVector f = term.add(5f);
    FloatVector g = term.add(6f);
    FloatVector h = term.add(7f);
    FloatVector i = term.add(8f);
    FloatVector j = term.add(9f);
    FloatVector k = term.add(10f);
    FloatVector l = term.add(11f);
    for (int round = 0; round < ROUNDS; round++) {
      a = a.fma(factor, term);
      b = b.fma(factor, term);
      c = c.fma(factor, term);
      d = d.fma(factor, term);
      e = e.fma(factor, term);
      f = f.fma(factor, term);
      g = g.fma(factor, term);
      h = h.fma(factor, term);
      i = i.fma(factor, term);
      j = j.fma(factor, term);
      k = k.fma(factor, term);
      l = l.fma(factor, term);
    }
    work.gigaflop += 2e-9 * ROUNDS * CHAINS * FLOATS.length();
    FloatVector low = a.add(b).add(c).add(d).add(e).add(f);
    return low.add(g).add(h).add(i).add(j).add(k).add(l).lane(0);
  }
}
