package io.pgstitch.collector;

import io.pgstitch.schema.Activity;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SettingChanged;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Questions to the batches that a test read. */
final class Batches {
  private Batches() {}

  /** Texts of the running messages, in order. */
  static List<String> messages(List<RawEventBatch> batches) {
    return batches.stream().flatMap(Batches::messages).toList();
  }

  private static Stream<String> messages(RawEventBatch batch) {
    return batch.getEvents().stream()
        .filter(Activity.class::isInstance)
        .map(Activity.class::cast)
        .filter(a -> a.getState() == ActivityState.RUNNING)
        .map(a -> batch.getStrings().get(a.getText()));
  }

  /** The level of each message that begins so, by what follows. */
  static Map<String, Integer> levels(List<RawEventBatch> batches, String begin) {
    Map<String, Integer> levels = new LinkedHashMap<>();
    for (RawEventBatch batch : batches) {
      messages(batch)
          .filter(text -> text.startsWith(begin))
          .forEach(text -> levels.put(text.substring(begin.length()), batch.getLevel()));
    }
    return levels;
  }

  /** What was set, e.g. {@code pgstitch.level=12 -> 12}, with what is special about it. */
  static List<String> settings(List<RawEventBatch> batches) {
    return batches.stream()
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(SettingChanged.class::isInstance)
                    .map(SettingChanged.class::cast)
                    .map(s -> describe(b, s)))
        .toList();
  }

  private static String describe(RawEventBatch batch, SettingChanged s) {
    return batch.getStrings().get(s.getName())
        + (s.getReset() ? " reset" : "=" + batch.getStrings().get(s.getValue()))
        + (s.getLocal() ? " local" : "")
        + (s.getRefused() ? " refused" : "")
        + (s.getInvalid() ? " invalid" : "")
        + " -> "
        + s.getLevel();
  }
}
