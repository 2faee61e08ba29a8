package io.pgstitch.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.Counter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadmeTest {
  @Test
  void namesEverySettingWithItsDefault() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    ProcessorSettings.defaults()
        .forEach(
            (key, value) ->
                assertThat(readme)
                    .contains("| `" + key + "` |" + (value.isEmpty() ? "" : " `" + value + "` |")));
  }

  @Test
  void namesEveryCounter() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    for (Counter counter : Counter.values()) {
      assertThat(readme).contains("`" + counter.label() + "`");
    }
  }
}
