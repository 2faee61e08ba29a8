package io.pgstitch.exporter.sink.otlp;

import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporterBuilder;
import io.opentelemetry.sdk.common.export.MemoryMode;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Makes OpenTelemetry's exporters. Their own retries are off: five tries within seconds would only
 * delay ours, which have no end and keep the consumer polling. Memory is not reused, as several
 * requests are in flight.
 */
final class OtlpExporters {

  private OtlpExporters() {}

  static SpanExporter of(OtlpSettings settings) {
    return settings.grpc() ? grpc(settings) : http(settings);
  }

  private static SpanExporter grpc(OtlpSettings settings) {
    OtlpGrpcSpanExporterBuilder builder =
        OtlpGrpcSpanExporter.builder()
            .setEndpoint(settings.endpoint())
            .setCompression(settings.compression())
            .setTimeout(settings.timeout())
            .setRetryPolicy(null)
            .setMemoryMode(MemoryMode.IMMUTABLE_DATA)
            .setComponentLoader(new ListeningSenders());
    settings.headers().forEach(builder::addHeader);
    settings.certificate().ifPresent(path -> builder.setTrustedCertificates(read(path)));
    return builder.build();
  }

  private static SpanExporter http(OtlpSettings settings) {
    OtlpHttpSpanExporterBuilder builder =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(settings.endpoint())
            .setCompression(settings.compression())
            .setTimeout(settings.timeout())
            .setRetryPolicy(null)
            .setMemoryMode(MemoryMode.IMMUTABLE_DATA)
            .setComponentLoader(new ListeningSenders());
    settings.headers().forEach(builder::addHeader);
    settings.certificate().ifPresent(path -> builder.setTrustedCertificates(read(path)));
    return builder.build();
  }

  private static byte[] read(Path path) {
    try {
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }
}
