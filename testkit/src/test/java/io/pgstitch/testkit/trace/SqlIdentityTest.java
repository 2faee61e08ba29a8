package io.pgstitch.testkit.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SqlIdentityTest {
  @Test
  void isWhatOracleSaysOfAWellKnownStatement() {
    assertThat(SqlIdentity.of("select * from dual"))
        .isEqualTo(new SqlIdentity("a5ks9fhw2v9s1", 942515969L));
  }
}
