package io.pgstitch.testkit;

import java.time.Duration;

/**
 * How an {@link OtlpReceiver} answers one request.
 *
 * @param kind what it says
 * @param retryAfter for {@link Kind#UNAVAILABLE}: the {@code Retry-After} header of the HTTP
 *     answer, whole seconds; zero for none
 * @param rejectedSpans for {@link Kind#PARTIAL}
 * @param message what accompanies a refusal
 * @param delay how long it waits before it answers
 */
public record OtlpAnswer(
    Kind kind, Duration retryAfter, long rejectedSpans, String message, Duration delay) {

  /** What an answer says. */
  public enum Kind {
    /** OK; the request is kept. */
    ACCEPT,
    /** UNAVAILABLE, or 503: try again; the request is not kept. */
    UNAVAILABLE,
    /** INVALID_ARGUMENT, or 400: do not try again; the request is not kept. */
    REJECT,
    /** OK with {@code partial_success}; the request is kept. */
    PARTIAL
  }

  /** All is well. */
  public static OtlpAnswer accept() {
    return new OtlpAnswer(Kind.ACCEPT, Duration.ZERO, 0, "", Duration.ZERO);
  }

  /** Try again, over HTTP not before {@code retryAfter}. */
  public static OtlpAnswer unavailable(Duration retryAfter) {
    return new OtlpAnswer(Kind.UNAVAILABLE, retryAfter, 0, "told to be unavailable", Duration.ZERO);
  }

  /** Never try this again. */
  public static OtlpAnswer reject(String message) {
    return new OtlpAnswer(Kind.REJECT, Duration.ZERO, 0, message, Duration.ZERO);
  }

  /** Some spans were refused. */
  public static OtlpAnswer partial(long rejectedSpans, String message) {
    return new OtlpAnswer(Kind.PARTIAL, Duration.ZERO, rejectedSpans, message, Duration.ZERO);
  }

  /** The same answer, later. */
  public OtlpAnswer after(Duration longer) {
    return new OtlpAnswer(kind, retryAfter, rejectedSpans, message, longer);
  }

  boolean keepsRequest() {
    return kind == Kind.ACCEPT || kind == Kind.PARTIAL;
  }
}
