package io.pgstitch.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.collector.control.Printable;
import io.pgstitch.exporter.deadletter.DeadLetterException;
import io.pgstitch.exporter.deadletter.DeadLetterTopic;
import io.pgstitch.exporter.deadletter.Letter;
import io.pgstitch.exporter.deadletter.LetterValue;
import io.pgstitch.exporter.deadletter.Position;
import io.pgstitch.exporter.deadletter.StoredLetter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.common.header.Header;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pgstitch dlq show}. */
@Command(
    name = "show",
    sortOptions = false,
    description = {
      "Show one dead letter: where it comes from and why it is here, its key, all its headers, and its value, as JSON when it is",
      "a record of pgstitch that can be read, else as a hex dump. Values hold texts of statements and bind values.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Shown",
      "1:Kafka did not give it",
      "2:Wrong usage, or there is no such letter",
      "3:Kafka is not reachable, or no pipeline runs on this host: the message says what to do"
    },
    footerHeading = "%nExample:%n",
    footer = "  sudo ./pgstitch dlq show 0:17")
final class DlqShowCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "POSITION",
      description = "PARTITION:OFFSET among the dead letters, as `pgstitch dlq list` shows it.")
  private String position;

  @Option(
      names = "--bytes",
      paramLabel = "N",
      defaultValue = "1024",
      description = "Bytes of a hex dump at most. Default: ${DEFAULT-VALUE}.")
  private int bytes;

  @Mixin private DlqOptions options;

  @Override
  public Integer call() throws Exception {
    Position at = DlqOptions.position(position);
    if (bytes < 1) {
      throw CommandFailure.usage("--bytes is " + bytes, "Give a number from 1 on.");
    }
    try (DeadLetterTopic topic = options.open()) {
      show(topic.letter(at));
      return ExitStatus.OK;
    } catch (DeadLetterException e) {
      throw DlqOptions.failure(e);
    }
  }

  private void show(StoredLetter stored) {
    Letter letter = stored.letter();
    line("position", letter.position().toString());
    line("time", Instant.ofEpochMilli(letter.timestampMs()).toString());
    line(
        "from",
        letter.hasOrigin()
            ? letter.topic() + " " + letter.partition() + ":" + letter.offset()
            : "it does not say");
    line("given up by", letter.by().isEmpty() ? "it does not say" : letter.by());
    line("reason", letter.reason());
    line("retries", Integer.toString(letter.retries()));
    line("key", stored.key() == null ? "none" : text(stored.key()));
    System.out.println("headers:");
    for (Header header : stored.headers()) {
      System.out.println(
          "  "
              + Printable.of(header.key())
              + " = "
              + (header.value() == null ? "none" : Printable.of(text(header.value()))));
    }
    value(stored);
  }

  private void value(StoredLetter stored) {
    if (stored.value() == null) {
      System.out.println("value: none");
      return;
    }
    String topic = stored.letter().topic();
    Optional<String> json = LetterValue.decoded(topic, stored.value(), options.registry());
    System.out.println(
        "value: " + stored.value().length + " bytes" + (json.isPresent() ? "" : ", not readable"));
    System.out.print(json.map(text -> pretty(text) + "\n").orElseGet(() -> hex(stored.value())));
  }

  private String hex(byte[] value) {
    return LetterValue.hex(value, bytes);
  }

  /** Escapes in JSON are JSON's own, so that no control character reaches the terminal. */
  private static String pretty(String json) {
    ObjectMapper mapper = new ObjectMapper();
    try {
      return mapper
          .writerWithDefaultPrettyPrinter()
          .with(JsonGenerator.Feature.ESCAPE_NON_ASCII)
          .writeValueAsString(mapper.readTree(json));
    } catch (JsonProcessingException e) {
      return Printable.of(json);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void line(String name, String value) {
    System.out.println(name + ": " + Printable.of(value));
  }
}
