package io.pgstitch.exporter.sink.otlp;

import io.opentelemetry.sdk.common.export.GrpcResponse;
import io.opentelemetry.sdk.common.export.GrpcStatusCode;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import okhttp3.Headers;
import okhttp3.Response;

/** What a receiver answered: a status, in trailers or, without a message, in headers. */
record GrpcReply(GrpcStatusCode getStatusCode, String getStatusDescription, byte[] message)
    implements GrpcResponse {

  /**
   * Reads the status of a response whose body was read.
   *
   * @throws IOException when the trailers cannot be read
   */
  static GrpcReply of(Response response, byte[] message) throws IOException {
    Headers fields = response.headers();
    if (fields.get("grpc-status") == null) {
      fields = response.trailers();
    }
    String description = fields.get("grpc-message");
    return new GrpcReply(
        status(fields.get("grpc-status")),
        description == null ? "HTTP " + response.code() : decoded(description),
        message);
  }

  @Override
  public byte[] getResponseMessage() {
    return message;
  }

  private static GrpcStatusCode status(String code) {
    try {
      return code == null
          ? GrpcStatusCode.UNKNOWN
          : GrpcStatusCode.fromValue(Integer.parseInt(code));
    } catch (NumberFormatException e) {
      return GrpcStatusCode.UNKNOWN;
    }
  }

  /** Bytes that are no printable ASCII stand as percent signs and hex digits. */
  private static String decoded(String description) {
    try {
      return URLDecoder.decode(description.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return description;
    }
  }
}
