package io.pgstitch.exporter.sink.otlp;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.Compressor;
import io.opentelemetry.sdk.common.export.GrpcResponse;
import io.opentelemetry.sdk.common.export.GrpcSender;
import io.opentelemetry.sdk.common.export.GrpcSenderConfig;
import io.opentelemetry.sdk.common.export.MessageWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.Buffer;
import okio.BufferedSink;

/**
 * Unary gRPC calls over OkHttp, on sockets that send at once ({@link PromptSockets}).
 * OpenTelemetry's own sender on OkHttp has no setting for its sockets, and its sender on gRPC's
 * library brings ten megabytes for one call without streams.
 */
final class PromptGrpcSender implements GrpcSender {
  private static final MediaType GRPC = MediaType.get("application/grpc");
  private static final int PREFIX_BYTES = 5;

  private final GrpcSenderConfig config;
  private final OkHttpClient client;
  private final String url;

  PromptGrpcSender(GrpcSenderConfig config) {
    this.config = config;
    this.url = config.getEndpoint().resolve("/" + config.getFullMethodName()).toString();
    OkHttpClient.Builder builder =
        new OkHttpClient.Builder()
            .socketFactory(new PromptSockets())
            .callTimeout(config.getTimeout())
            .connectTimeout(config.getConnectTimeout());
    if (url.startsWith("https:")) {
      builder.protocols(List.of(Protocol.HTTP_2, Protocol.HTTP_1_1));
      if (config.getSslContext() != null && config.getTrustManager() != null) {
        builder.sslSocketFactory(
            config.getSslContext().getSocketFactory(), config.getTrustManager());
      }
    } else {
      builder.protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE));
    }
    this.client = builder.build();
  }

  @Override
  public void send(
      MessageWriter message, Consumer<GrpcResponse> onResponse, Consumer<Throwable> onError) {
    Request.Builder request = new Request.Builder().url(url).header("te", "trailers");
    config
        .getHeadersSupplier()
        .get()
        .forEach((name, values) -> values.forEach(value -> request.addHeader(name, value)));
    Compressor compressor = config.getCompressor();
    if (compressor != null) {
      request.header("grpc-encoding", compressor.getEncoding());
    }
    request.post(new Message(message, compressor));
    client.newCall(request.build()).enqueue(new Reply(onResponse, onError));
  }

  @Override
  public CompletableResultCode shutdown() {
    client.dispatcher().cancelAll();
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
    return CompletableResultCode.ofSuccess();
  }

  /** A message with its prefix: whether it is compressed, and its length. */
  private static final class Message extends RequestBody {
    private final MessageWriter message;
    private final Compressor compressor;

    Message(MessageWriter message, Compressor compressor) {
      this.message = message;
      this.compressor = compressor;
    }

    @Override
    public MediaType contentType() {
      return GRPC;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      if (compressor == null) {
        sink.writeByte(0);
        sink.writeInt(message.getContentLength());
        message.writeMessage(sink.outputStream());
        return;
      }
      // Its length stands before it, so it has to be compressed first.
      try (Buffer compressed = new Buffer()) {
        try (OutputStream out = compressor.compress(compressed.outputStream())) {
          message.writeMessage(out);
        }
        sink.writeByte(1);
        sink.writeInt((int) compressed.size());
        sink.writeAll(compressed);
      }
    }
  }

  /** Reads what the receiver answers. */
  private final class Reply implements Callback {
    private final Consumer<GrpcResponse> onResponse;
    private final Consumer<Throwable> onError;

    Reply(Consumer<GrpcResponse> onResponse, Consumer<Throwable> onError) {
      this.onResponse = onResponse;
      this.onError = onError;
    }

    @Override
    public void onFailure(Call call, IOException e) {
      onError.accept(e);
    }

    @Override
    public void onResponse(Call call, Response response) {
      GrpcReply reply;
      try (response) {
        byte[] body = body(response);
        reply = GrpcReply.of(response, message(body));
      } catch (IOException e) {
        onError.accept(e);
        return;
      }
      onResponse.accept(reply);
    }

    /** All of it: the trailers come behind. */
    private byte[] body(Response response) throws IOException {
      long most = config.getMaxResponseBodySize();
      if (response.body().source().request(most + 1)) {
        throw new IOException("the receiver answers with more than " + most + " bytes");
      }
      return response.body().source().readByteArray();
    }

    private byte[] message(byte[] body) throws IOException {
      if (body.length <= PREFIX_BYTES) {
        return new byte[0];
      }
      if (body[0] != 0) {
        throw new IOException("the receiver compresses its answer, which was not asked for");
      }
      return Arrays.copyOfRange(body, PREFIX_BYTES, body.length);
    }
  }
}
