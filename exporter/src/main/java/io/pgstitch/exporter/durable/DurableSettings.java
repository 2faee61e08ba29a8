package io.pgstitch.exporter.durable;

import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.exporter.sink.SinkSettingsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Settings of the sinks that write files.
 *
 * @param instance name of the sink, which names its journal
 * @param directory where the files go; absolute
 * @param openFiles most files held open at a time
 * @param checkpointBytes length of the journal, in bytes, from which it is begun anew
 */
public record DurableSettings(
    String instance, Path directory, int openFiles, long checkpointBytes) {

  private static final String DIRECTORY = "directory";
  private static final String OPEN_FILES = "open.files";
  private static final String CHECKPOINT_BYTES = "checkpoint.bytes";

  /**
   * Reads {@code directory}, {@code open.files} (256) and {@code checkpoint.bytes} (64 MiB).
   *
   * @throws SinkSettingsException when one of them is wrong, or another is set
   */
  public static DurableSettings from(SinkSettings settings, String defaultDirectory) {
    List<String> problems =
        new ArrayList<>(settings.unknown(Set.of(DIRECTORY, OPEN_FILES, CHECKPOINT_BYTES)));
    Path directory = Path.of(settings.get(DIRECTORY).orElse(defaultDirectory)).toAbsolutePath();
    long openFiles = positive(settings, OPEN_FILES, 256, problems);
    long checkpointBytes = positive(settings, CHECKPOINT_BYTES, 64L << 20, problems);
    if (!problems.isEmpty()) {
      throw new SinkSettingsException(settings.instance(), problems);
    }
    return new DurableSettings(
        settings.instance(),
        directory.normalize(),
        (int) Math.min(openFiles, Integer.MAX_VALUE),
        checkpointBytes);
  }

  /**
   * Opens the directory.
   *
   * @throws SinkSettingsException when it cannot be used
   */
  public JournaledDirectory open() {
    try {
      return JournaledDirectory.open(directory, "pgstitch-" + instance, openFiles, checkpointBytes);
    } catch (IOException e) {
      throw new SinkSettingsException(
          instance,
          List.of("cannot write into sink." + instance + ".directory=" + directory + ": " + e));
    }
  }

  private static long positive(
      SinkSettings settings, String key, long byDefault, List<String> problems) {
    String text = settings.get(key).orElse(Long.toString(byDefault));
    try {
      long value = Long.parseLong(text);
      if (value > 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // named below
    }
    problems.add(
        "sink." + settings.instance() + "." + key + "=" + text + " is not a positive integer");
    return byDefault;
  }
}
