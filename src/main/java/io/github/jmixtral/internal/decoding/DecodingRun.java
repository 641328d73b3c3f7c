package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.Generation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;

/**
 * The prompts of one call, from their first pass to their last id. The call waits for the next id
 * of each text and for its prompts together, and goes on with what a pass has computed of them.
 * What is finished takes part no more, and costs nothing.
 */
final class DecodingRun implements AutoCloseable {
  private final PassScheduler.Seat seat;
  private final ContextWarning warning;
  private final List<PromptRun> prompts;

  /** By prompt: its searches, or null as long as it is not computed. */
  private final List<List<Search>> searches = new ArrayList<>();

  /** What the next passes compute, and whose it is. */
  private final List<PendingStep> waiting = new ArrayList<>();

  private final List<Branch> branches = new ArrayList<>();

  /**
   * @param seat closed at the end, as the prompts are
   */
  DecodingRun(PassScheduler.Seat seat, ContextWarning warning, List<PromptRun> prompts) {
    this.seat = seat;
    this.warning = warning;
    this.prompts = prompts;
    prompts.forEach(prompt -> searches.add(null));
  }

  /** The texts of each prompt, in the order of the prompts. */
  List<List<Generation>> run() {
    gather();
    while (!waiting.isEmpty()) {
      seat.compute(waiting);
      for (int i = 0; i < branches.size(); i++) {
        branches.get(i).endPasses();
      }
      for (int prompt = 0; prompt < prompts.size(); prompt++) {
        advance(prompt);
      }
      gather();
    }
    return searches.stream()
        .map(ofPrompt -> ofPrompt.stream().flatMap(search -> search.results().stream()).toList())
        .toList();
  }

  private void advance(int index) {
    PromptRun prompt = prompts.get(index);
    if (searches.get(index) == null && prompt.branch().isComputed()) {
      searches.set(index, prompt.searches());
      seat.wakePrompts();
    }
    List<Search> started = searches.get(index);
    for (int i = 0; started != null && i < started.size(); i++) {
      Search search = started.get(i);
      if (!search.isDone() && !search.isCancelled() && isComputed(search.branches())) {
        search.advance();
      }
    }
  }

  private static boolean isComputed(List<Branch> branches) {
    for (int i = 0; i < branches.size(); i++) {
      if (!branches.get(i).isComputed()) {
        return false;
      }
    }
    return true;
  }

  /** Collects the branches that the next pass computes, and ends what was cancelled. */
  private void gather() {
    waiting.clear();
    branches.clear();
    for (int index = 0; index < prompts.size(); index++) {
      PromptRun prompt = prompts.get(index);
      List<Search> started = searches.get(index);
      if (started == null && !prompt.isCancelled()) {
        prompt.lookAgain();
        add(prompt.branch(), true, prompt.hooks().prefillListeners());
      } else {
        if (started == null) {
          started = prompt.searches();
          searches.set(index, started);
          started.forEach(Search::cancel);
        }
        for (int i = 0; i < started.size(); i++) {
          gather(started.get(i));
        }
      }
    }
  }

  private void gather(Search search) {
    if (!search.isDone() && search.isCancelled()) {
      search.cancel();
    }
    if (!search.isDone()) {
      List<Branch> ofSearch = search.branches();
      for (int i = 0; i < ofSearch.size(); i++) {
        add(ofSearch.get(i), false, List.of());
      }
    }
  }

  private void add(Branch branch, boolean isPrompt, List<DoubleConsumer> listeners) {
    warning.check(branch.sequence().length());
    branch.addPending(waiting, isPrompt, listeners);
    branches.add(branch);
  }

  /** Gives the memory of all texts back, however the run ended. */
  @Override
  public void close() {
    seat.close();
    for (int index = 0; index < prompts.size(); index++) {
      prompts.get(index).close();
      if (searches.get(index) != null) {
        searches.get(index).forEach(Search::close);
      }
    }
  }
}
