package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.QueryTrace;
import org.junit.jupiter.api.Test;

/** Texts that masking made the same are still those of different statements. */
class MaskedTextsTest {
  private static final String TEXT = "insert into t values (?)";

  @Test
  void messagesOfOtherTextsAreNotJoined() {
    Stitched out =
        new BackendScript()
            .runningMasked(TEXT, 1)
            .call("pg_parse_query")
            .runningMasked(TEXT, 2)
            .call("pg_parse_query")
            .runningMasked(TEXT, 2)
            .leanRun(5, "", 3, -1, 0)
            .exit(1)
            .commandEnd("INSERT", 1)
            .idle()
            .stitch();
    assertThat(out.statements())
        .extracting(QueryTrace::getCloseReason)
        .containsExactly(CloseReason.PARSE_ONLY, CloseReason.COMPLETED);
  }

  @Test
  void aNestedStatementOfAnotherTextIsNotTheMessagesOwn() {
    Stitched out =
        new BackendScript()
            .runningMasked(TEXT, 1)
            .leanRun(5, TEXT, 3, -1, 0)
            .exit(1)
            .leanRun(6, "", 3, -1, 0)
            .exit(1)
            .commandEnd("INSERT", 1)
            .idle()
            .stitch();
    // The first run has a text of its own, which is not the message's: it says no identity.
    assertThat(out.shortRecords())
        .containsSubsequence("PIC 101 0 " + TEXT, "PIC 102 1 " + TEXT, "CLOSE 102 type=0");
    assertThat(out.only().getExecuted()).isTrue();
  }
}
