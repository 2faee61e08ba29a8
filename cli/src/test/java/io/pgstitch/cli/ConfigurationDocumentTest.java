package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.CollectorSettings;
import io.pgstitch.processor.ProcessorSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/configuration.md against the keys and defaults of the code. */
class ConfigurationDocumentTest {
  private static final Pattern ROW =
      Pattern.compile("^\\| `([^`]+)` \\| (?:`([^`]*)`)? ?\\| \\S.*\\|$", Pattern.MULTILINE);

  @Test
  void collectorKeysAndDefaultsAreThoseOfTheCode() throws IOException {
    assertThat(section("Collector")).isEqualTo(CollectorSettings.defaults());
  }

  @Test
  void processorKeysAndDefaultsAreThoseOfTheCode() throws IOException {
    assertThat(section("Processor")).isEqualTo(ProcessorSettings.defaults());
  }

  @Test
  void exporterKeysAreThoseOfTheCode() throws IOException {
    TreeSet<String> known = new TreeSet<>(RoleKeys.exporter());
    known.removeAll(RoleKeys.COMMON);

    assertThat(section("Exporter").keySet()).containsExactlyInAnyOrderElementsOf(known);
  }

  @Test
  void keysOfAllRolesAreThoseOfTheCode() throws IOException {
    assertThat(section("All roles").keySet()).containsExactlyInAnyOrderElementsOf(RoleKeys.COMMON);
  }

  /** Keys and defaults of one section's table. */
  private static Map<String, String> section(String heading) throws IOException {
    String text = Files.readString(SourceTree.root().resolve("docs/configuration.md"));
    int start = text.indexOf("## " + heading + "\n");
    assertThat(start).as("heading " + heading).isNotNegative();
    int next = text.indexOf("\n## ", start);
    Matcher rows = ROW.matcher(text.substring(start, next < 0 ? text.length() : next));
    Map<String, String> keys = new LinkedHashMap<>();
    while (rows.find()) {
      keys.put(rows.group(1), rows.group(2) == null ? "" : rows.group(2));
    }
    return keys;
  }
}
