package io.pgstitch.exporter.sink.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.opentelemetry.sdk.common.export.GrpcResponse;
import io.opentelemetry.sdk.common.export.HttpResponse;
import io.pgstitch.exporter.sink.otlp.Outcome.Kind;
import java.nio.ByteBuffer;

/**
 * Reads a receiver's replies. OTLP's own rules say what is to be retried; beyond them, replies that
 * speak of a wrong setting or a missing permission are retried too, since every record would be
 * lost otherwise until someone notices.
 */
final class Replies {

  private static final int PARTIAL_SUCCESS = 1;
  private static final int REJECTED_SPANS = 1;
  private static final int ERROR_MESSAGE = 2;

  private Replies() {}

  static Outcome of(GrpcResponse response) {
    String reason = "gRPC " + response.getStatusCode() + " " + response.getStatusDescription();
    return switch (response.getStatusCode()) {
      case OK -> success(response.getResponseMessage());
      case CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS, UNKNOWN ->
          Outcome.retry(reason);
      case UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED, NOT_FOUND ->
          Outcome.retry(reason + ": check endpoint, protocol and headers");
      case RESOURCE_EXHAUSTED ->
          reason.contains("larger than max") || reason.contains("exceeds maximum")
              ? new Outcome(Kind.TOO_LARGE, reason, 0)
              : Outcome.retry(reason);
      default -> new Outcome(Kind.REJECTED, reason, 0);
    };
  }

  static Outcome of(HttpResponse response) {
    int status = response.getStatusCode();
    String reason = "HTTP " + status + " " + response.getStatusMessage();
    if (status >= 200 && status < 300) {
      return success(response.getResponseBody());
    }
    return switch (status) {
      case 408, 429, 502, 503, 504 -> Outcome.retry(reason);
      case 401, 403, 404, 405 -> Outcome.retry(reason + ": check endpoint, protocol and headers");
      case 413 -> new Outcome(Kind.TOO_LARGE, reason, 0);
      default -> new Outcome(Kind.REJECTED, reason, 0);
    };
  }

  /** An ExportTraceServiceResponse; one that cannot be read refuses nothing. */
  private static Outcome success(byte[] response) {
    Fields partial = new Fields(new Fields(ByteBuffer.wrap(response)).bytes(PARTIAL_SUCCESS));
    long refused = partial.varint(REJECTED_SPANS);
    return Outcome.taken(refused, UTF_8.decode(partial.bytes(ERROR_MESSAGE)).toString());
  }

  /** The fields of a protobuf message, as far as this message needs them: two types, no repeats. */
  private static final class Fields {

    private static final int VARINT = 0;
    private static final int LENGTH_DELIMITED = 2;

    private final ByteBuffer message;

    Fields(ByteBuffer message) {
      this.message = message;
    }

    long varint(int field) {
      ByteBuffer in = message.duplicate();
      while (in.hasRemaining()) {
        long tag = readVarint(in);
        if ((tag & 7) == VARINT) {
          long value = readVarint(in);
          if (tag >>> 3 == field) {
            return value;
          }
        } else if (!skip(in, tag)) {
          break;
        }
      }
      return 0;
    }

    ByteBuffer bytes(int field) {
      ByteBuffer in = message.duplicate();
      while (in.hasRemaining()) {
        long tag = readVarint(in);
        if (tag >>> 3 == field && (tag & 7) == LENGTH_DELIMITED) {
          long length = readVarint(in);
          return length <= in.remaining()
              ? in.slice(in.position(), (int) length)
              : ByteBuffer.allocate(0);
        }
        if (!skip(in, tag)) {
          break;
        }
      }
      return ByteBuffer.allocate(0);
    }

    private static boolean skip(ByteBuffer in, long tag) {
      if ((tag & 7) == VARINT) {
        readVarint(in);
        return true;
      }
      long length = (tag & 7) == LENGTH_DELIMITED ? readVarint(in) : Long.MAX_VALUE;
      if (length < 0 || length > in.remaining()) {
        return false;
      }
      in.position(in.position() + (int) length);
      return true;
    }

    private static long readVarint(ByteBuffer in) {
      long value = 0;
      for (int shift = 0; shift < 64 && in.hasRemaining(); shift += 7) {
        byte next = in.get();
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0) {
          break;
        }
      }
      return value;
    }
  }
}
