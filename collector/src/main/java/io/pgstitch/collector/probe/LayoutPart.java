package io.pgstitch.collector.probe;

/** Structs of a server that are given up together: {@code enum layout_part} of layouts.h. */
public enum LayoutPart {
  QUERY(
      "texts and rows of nested statements, query ids, positions in messages, bind values and plans"
          + " are left out"),
  PLAN("plans are left out"),
  BINDS("bind values are left out"),
  PORTAL("names of portals are left out, and query ids before the executor starts"),
  RELATION("names of relations in plans and of files in waits are left out"),
  LOCK("holders of locks are left out"),
  MESSAGE("messages of errors are left out"),
  QUERY_ID("query ids are left out"),
  TREE("positions of statements that are planned are left out");

  private final String loss;

  LayoutPart(String loss) {
    this.loss = loss;
  }

  /** What is not traced without them. */
  public String loss() {
    return loss;
  }
}
