package io.pgstitch.cli;

import io.pgstitch.collector.BackgroundKind;
import io.pgstitch.collector.CollectorSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * The settings of the three roles when they run in one process, as their properties files would
 * have them.
 */
final class PipelineSettings {
  private static final String BOOTSTRAP = "kafka." + AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG;

  private final PipelineOptions options;
  private final String brokers;

  PipelineSettings(PipelineOptions options, String brokers) {
    this.options = options;
    this.brokers = brokers;
  }

  Map<String, String> kafka() {
    return Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
  }

  Properties collector() {
    Properties settings = common();
    settings.setProperty("level", Integer.toString(options.level()));
    settings.setProperty("waits", options.waits().text());
    settings.setProperty("spool.directory", options.out().resolve("spool").toString());
    settings.setProperty("detail", options.detail().text());
    settings.setProperty("functions", Boolean.toString(options.functions()));
    settings.setProperty("functions.add", String.join(",", options.addedFunctions()));
    settings.setProperty("mask.literals", Boolean.toString(options.maskLiterals()));
    settings.setProperty("background", BackgroundKind.text(options.background()));
    settings.setProperty(
        "pids", options.pids().stream().map(String::valueOf).collect(Collectors.joining(",")));
    return settings;
  }

  Properties processor() {
    Properties settings = common();
    settings.setProperty("state.dir", options.out().resolve("state").toString());
    return settings;
  }

  Properties exporter() {
    Properties settings = common();
    settings.setProperty("sink.traces.type", "file");
    settings.setProperty("sink.traces.directory", options.traceDirectory().toString());
    settings.setProperty("sink.spans.type", "jsonl");
    settings.setProperty("sink.spans.directory", options.out().toString());
    if (options.kafka().isPresent()) {
      String host = CollectorSettings.from(collector()).host();
      settings.setProperty("group.id.prefix", groupPrefix(host, options.out()));
      settings.setProperty("hosts", host);
    }
    options
        .otlpEndpoint()
        .ifPresent(
            url -> {
              settings.setProperty("sink.otlp.type", "otlp");
              settings.setProperty("sink.otlp.endpoint", url);
            });
    return settings;
  }

  /** The same for each run on this host into this directory, and for no other. */
  static String groupPrefix(String host, Path out) {
    CRC32C directory = new CRC32C();
    directory.update(out.toString().getBytes(StandardCharsets.UTF_8));
    return String.format(Locale.ROOT, "pgstitch-up-%s-%08x-", host, directory.getValue());
  }

  private Properties common() {
    Properties settings = new Properties();
    settings.setProperty(BOOTSTRAP, brokers);
    return settings;
  }
}
