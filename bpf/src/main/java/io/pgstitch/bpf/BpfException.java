package io.pgstitch.bpf;

/** The kernel, or libbpf, refused something; the message is in their words. */
public final class BpfException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * @param message what was tried and what was answered
   * @param errno the C error number
   */
  public BpfException(String message, int errno) {
    super(message);
    this.errno = errno;
  }

  /** The C error number, e.g. 1 EPERM, 2 ENOENT, 22 EINVAL. */
  public int errno() {
    return errno;
  }
}
