package io.pgstitch.exporter.sink.otlp;

import io.opentelemetry.common.ComponentLoader;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.GrpcResponse;
import io.opentelemetry.sdk.common.export.GrpcSender;
import io.opentelemetry.sdk.common.export.GrpcSenderProvider;
import io.opentelemetry.sdk.common.export.HttpResponse;
import io.opentelemetry.sdk.common.export.HttpSender;
import io.opentelemetry.sdk.common.export.HttpSenderProvider;
import io.opentelemetry.sdk.common.export.MessageWriter;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/**
 * Gives OpenTelemetry's exporters senders that read the replies for us. The exporters themselves
 * take {@code partial_success} for a success and report other replies in internal types; so every
 * reply but a full success becomes an {@link OutcomeException}.
 */
final class ListeningSenders implements ComponentLoader {

  private final ComponentLoader found =
      ComponentLoader.forClassLoader(ListeningSenders.class.getClassLoader());

  @Override
  public <T> Iterable<T> load(Class<T> type) {
    if (type == GrpcSenderProvider.class) {
      GrpcSenderProvider grpc = config -> new Grpc(new PromptGrpcSender(config));
      return List.of(type.cast(grpc));
    }
    return StreamSupport.stream(found.load(type).spliterator(), false)
        .map(each -> type.cast(listening(each)))
        .toList();
  }

  private static Object listening(Object found) {
    return found instanceof HttpSenderProvider http
        ? (HttpSenderProvider) config -> new Http(http.createSender(config))
        : found;
  }

  /** Passes on what took all; the rest is an error that says what became of it. */
  private static <R> Consumer<R> judged(
      Function<R, Outcome> outcomeOf, Consumer<R> onResponse, Consumer<Throwable> onError) {
    return response -> {
      Outcome outcome = outcomeOf.apply(response);
      if (outcome.equals(Outcome.taken(0, ""))) {
        onResponse.accept(response);
      } else {
        onError.accept(new OutcomeException(outcome));
      }
    };
  }

  private static Consumer<Throwable> retried(Consumer<Throwable> onError) {
    return e -> onError.accept(new OutcomeException(Outcome.retry(e.toString())));
  }

  private record Grpc(GrpcSender sender) implements GrpcSender {
    @Override
    public void send(
        MessageWriter message, Consumer<GrpcResponse> onResponse, Consumer<Throwable> onError) {
      sender.send(message, judged(Replies::of, onResponse, onError), retried(onError));
    }

    @Override
    public CompletableResultCode shutdown() {
      return sender.shutdown();
    }
  }

  private record Http(HttpSender sender) implements HttpSender {
    @Override
    public void send(
        MessageWriter message, Consumer<HttpResponse> onResponse, Consumer<Throwable> onError) {
      sender.send(message, judged(Replies::of, onResponse, onError), retried(onError));
    }

    @Override
    public CompletableResultCode shutdown() {
      return sender.shutdown();
    }
  }

  static List<String> loggers() {
    return List.of(
        "io.opentelemetry.exporter.otlp.internal.GrpcExporter",
        "io.opentelemetry.exporter.otlp.internal.HttpExporter");
  }
}
