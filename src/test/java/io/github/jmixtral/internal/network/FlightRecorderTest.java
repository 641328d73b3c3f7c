package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What JDK Flight Recorder hears of a model. */
@RunsOnce
class FlightRecorderTest {
  private static final String PREFIX = "io.github.jmixtral.";
  private static final int[] IDS = IntStream.range(3, 103).toArray();

  @TempDir private Path folder;

  /** Loads, takes a prompt of 100 ids in chunks of 64, and one id of two sequences. */
  private List<RecordedEvent> record(boolean withExperts) throws IOException {
    Path file = folder.resolve("recording.jfr");
    try (Recording recording = new Recording()) {
      for (String name : List.of("Load", "Prefill", "DecodeStep", "ExpertLoad")) {
        if (withExperts || !name.equals("ExpertLoad")) {
          recording.enable(PREFIX + name);
        } else {
          recording.disable(PREFIX + name);
        }
      }
      recording.start();
      try (LanguageModel model =
              LanguageModel.fromPretrained(
                  Fixtures.folder("full-f32"),
                  LoadOptions.defaults().withThreads(2).withChunkTokens(64));
          BlockCache cache = model.newCache()) {
        float[] logits = new float[model.config().vocabSize()];
        model.nextTokenLogits(new SequenceStep(cache, IDS, 0, IDS.length, logits));
        try (BlockCache fork = cache.fork()) {
          model.nextTokenLogits(
              SequenceStep.ofEach(
                  List.of(cache, fork),
                  List.of(new int[] {5}, new int[] {6}),
                  new float[2][model.config().vocabSize()]));
          assertCounts(model, cache, fork);
        }
      }
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith(PREFIX))
        .sorted(Comparator.comparing(RecordedEvent::getEndTime))
        .toList();
  }

  private static void assertCounts(LanguageModel model, BlockCache cache, BlockCache fork) {
    for (BlockCache each : List.of(cache, fork)) {
      long[] first = each.expertCounts()[0];
      assertEquals(101L * model.config().numExpertsPerTok(), LongStream.of(first).sum());
    }
  }

  private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
    return events.stream()
        .filter(event -> event.getEventType().getName().equals(PREFIX + name))
        .collect(Collectors.toList());
  }

  @Test
  void loadPrefillStepsAndExpertsAreRecorded() throws IOException {
    List<RecordedEvent> events = record(true);

    RecordedEvent load = named(events, "Load").getFirst();
    assertEquals(Fixtures.folder("full-f32").toString(), load.getString("path"));
    assertEquals(8, load.getInt("experts"));
    assertTrue(load.getLong("weightBytes") > 0);
    assertTrue(load.getDuration().toNanos() > 0);

    List<RecordedEvent> prefills = named(events, "Prefill");
    assertEquals(2, prefills.size());
    assertEquals(64, prefills.get(0).getInt("tokens"));
    assertEquals(0, prefills.get(0).getLong("cachedTokens"));
    assertEquals(36, prefills.get(1).getInt("tokens"));
    assertEquals(64, prefills.get(1).getLong("cachedTokens"));
    assertTrue(prefills.get(1).getDuration().toNanos() > 0);

    List<RecordedEvent> steps = named(events, "DecodeStep");
    assertEquals(1, steps.size());
    assertEquals(2, steps.getFirst().getInt("sequences"));
    assertEquals(200, steps.getFirst().getLong("cachedTokens"));

    List<RecordedEvent> loads = named(events, "ExpertLoad");
    int layers = load.getInt("layers");
    assertEquals(3 * layers, loads.size());
    for (RecordedEvent expertLoad : loads) {
      int[] counts =
          Arrays.stream(expertLoad.getString("counts").split(" "))
              .mapToInt(Integer::parseInt)
              .toArray();
      assertEquals(8, counts.length);
      assertEquals(2 * expertLoad.getInt("tokens"), IntStream.of(counts).sum());
      assertEquals(IntStream.of(counts).max().orElseThrow(), expertLoad.getInt("most"));
      assertTrue(expertLoad.getInt("layer") < layers);
    }
  }

  @Test
  void whatIsSwitchedOffIsNotRecorded() throws IOException {
    List<RecordedEvent> events = record(false);
    assertEquals(2, named(events, "Prefill").size());
    assertEquals(0, named(events, "ExpertLoad").size());
  }
}
