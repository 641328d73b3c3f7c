package io.github.jmixtral.internal.decoding;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The best continuations of all beams, or as many drawn without replacement. Few of a vocabulary's
 * ids ever get into the list.
 */
final class BeamCandidates {
  private final int most;
  private final @Nullable RandomGenerator random;
  private final List<Candidate> best = new ArrayList<>();

  /**
   * A beam and an id behind it.
   *
   * @param beam its number among the live ones
   * @param score sum of log probabilities of the whole text
   * @param key what the candidates are ranked by: the score, with noise when they are drawn
   */
  record Candidate(int beam, int id, double score, double key) {}

  /**
   * @param most candidates to keep
   * @param random to draw them, or null to take the best
   */
  BeamCandidates(int most, @Nullable RandomGenerator random) {
    this.most = most;
    this.random = random;
  }

  void clear() {
    best.clear();
  }

  /**
   * Adds all continuations of a beam.
   *
   * @param score of the beam
   * @param logProbabilities of its continuations [vocab]; −inf for those that are removed
   */
  void add(int beam, double score, float[] logProbabilities) {
    double least = least();
    for (int id = 0; id < logProbabilities.length; id++) {
      // False for NaN, too.
      if (logProbabilities[id] > Float.NEGATIVE_INFINITY) {
        double sum = score + logProbabilities[id];
        double key = random == null ? sum : sum + gumbel(random);
        if (key > least) {
          insert(new Candidate(beam, id, sum, key));
          least = least();
        }
      }
    }
  }

  private double least() {
    return best.size() < most ? Double.NEGATIVE_INFINITY : best.getLast().key();
  }

  /** A draw from the standard Gumbel distribution. */
  private static double gumbel(RandomGenerator random) {
    // 1 − [0, 1) is never 0; at 1 the noise is infinite, so that draw is repeated.
    double uniform;
    do {
      uniform = 1 - random.nextDouble();
    } while (uniform == 1);
    return -Math.log(-Math.log(uniform));
  }

  private void insert(Candidate candidate) {
    int place = best.size();
    while (place > 0 && best.get(place - 1).key() < candidate.key()) {
      place--;
    }
    best.add(place, candidate);
    if (best.size() > most) {
      best.removeLast();
    }
  }

  /** The candidates, best or drawn first one first. */
  List<Candidate> best() {
    return best;
  }
}
