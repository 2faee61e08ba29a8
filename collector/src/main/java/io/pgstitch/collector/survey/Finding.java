package io.pgstitch.collector.survey;

/**
 * One thing that tracing needs, and whether it is there.
 *
 * @param name of the thing, e.g. "btf"
 * @param ok whether it is as it must be
 * @param required whether nothing works without it
 * @param detail what was found
 * @param remedy what to do, empty when nothing has to be done
 */
public record Finding(String name, boolean ok, boolean required, String detail, String remedy) {
  static Finding good(String name, String detail) {
    return new Finding(name, true, true, detail, "");
  }

  static Finding bad(String name, String detail, String remedy) {
    return new Finding(name, false, true, detail, remedy);
  }

  static Finding limited(String name, String detail, String remedy) {
    return new Finding(name, false, false, detail, remedy);
  }
}
