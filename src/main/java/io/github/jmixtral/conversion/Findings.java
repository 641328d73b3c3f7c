package io.github.jmixtral.conversion;

import io.github.jmixtral.conversion.Finding.Outcome;
import io.github.jmixtral.error.JmixtralException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What has been found so far. */
final class Findings {
  /** The most faults of one check that are listed one by one. */
  private static final int MAX_FAULTS = 5;

  private final VerificationListener listener;
  private final List<Finding> list = new ArrayList<>();

  Findings(VerificationListener listener) {
    this.listener = listener;
  }

  /** All findings, in order. */
  List<Finding> list() {
    return List.copyOf(list);
  }

  void good(String check, String detail) {
    add(check, Outcome.GOOD, detail);
  }

  void absent(String check, String detail) {
    add(check, Outcome.ABSENT, detail);
  }

  /** One finding for each fault, and one for all those that would be too many. */
  void failed(String check, List<String> faults) {
    faults.stream().limit(MAX_FAULTS).forEach(fault -> add(check, Outcome.FAILED, fault));
    if (faults.size() > MAX_FAULTS) {
      add(check, Outcome.FAILED, "and %,d more".formatted(faults.size() - MAX_FAULTS));
    }
  }

  private void add(String check, Outcome outcome, String detail) {
    Finding finding = new Finding(check, outcome, detail);
    list.add(finding);
    listener.found(finding);
  }

  /**
   * Runs a check, or a part of one. What it throws because a file is damaged or can't be read is
   * its finding.
   *
   * @return what it gives; empty where it threw
   */
  <T> Optional<T> attempt(String check, Supplier<T> look) {
    try {
      return Optional.of(look.get());
    } catch (JmixtralException | IllegalArgumentException failure) {
      failed(check, List.of(failure.getMessage()));
    } catch (UncheckedIOException failure) {
      failed(
          check,
          List.of(
              failure.getMessage()
                  + ": "
                  + Objects.requireNonNull(failure.getCause()).getMessage()));
    }
    return Optional.empty();
  }

  /** Whether checks found nothing wrong; if one did, the check that needs them is skipped. */
  boolean allow(String check, String... needed) {
    Optional<String> wrong = Stream.of(needed).filter(this::isWrong).findFirst();
    wrong.ifPresent(other -> add(check, Outcome.SKIPPED, "needs " + other + " to be good"));
    return wrong.isEmpty();
  }

  private boolean isWrong(String check) {
    return list.stream()
        .filter(finding -> finding.check().equals(check))
        .anyMatch(
            finding ->
                switch (finding.outcome()) {
                  case FAILED, SKIPPED -> true;
                  case GOOD, ABSENT -> false;
                });
  }

  /** Receives the progress of a long check. */
  LongConsumer progress(String check, long total) {
    return new LongConsumer() {
      private long done;

      @Override
      public void accept(long more) {
        done += more;
        listener.working(check, done, total);
      }
    };
  }
}
