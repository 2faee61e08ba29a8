package io.pgstitch.collector.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresFactsTest {

  static List<Integer> majors() {
    return PostgresFacts.SUPPORTED_MAJORS;
  }

  @ParameterizedTest
  @CsvSource({
    "13, 0x09000001, Timeout, PgSleep",
    "14, 0x09000001, Timeout, PgSleep",
    "15, 0x09000002, Timeout, PgSleep",
    "16, 0x09000002, Timeout, PgSleep",
    "17, 0x09000002, Timeout, PgSleep",
    "18, 0x09000002, Timeout, PgSleep",
    "13, 0x0A00000D, IO, DataFileRead",
    "14, 0x0A00000F, IO, DataFileRead",
    "15, 0x0A000011, IO, DataFileRead",
    "16, 0x0A000011, IO, DataFileRead",
    "17, 0x0A000011, IO, DataFileRead",
    "18, 0x0A000015, IO, DataFileRead",
    "13, 0x0800001A, IPC, MessageQueueReceive",
    "18, 0x08000023, IPC, MessageQueueReceive",
    "14, 0x05000002, Activity, BgWriterHibernate",
    "17, 0x05000002, Activity, BgwriterHibernate",
    "13, 0x01000037, LWLock, WALInsert",
    "16, 0x0100003D, LWLock, LockManager",
    "18, 0x0100003D, LWLock, WALInsert",
  })
  void namesAWaitEvent(int major, String id, String eventClass, String name) {
    PostgresFacts facts = PostgresFacts.of(major);
    assertThat(facts.waitEventClass(Integer.decode(id))).isEqualTo(eventClass);
    assertThat(facts.waitEventName(Integer.decode(id))).isEqualTo(name);
  }

  @ParameterizedTest
  @MethodSource("majors")
  void namesTheWaitEventsThatAreTheSameInAllMajors(int major) {
    PostgresFacts facts = PostgresFacts.of(major);
    assertThat(facts.waitEventName(0x06000000)).isEqualTo("ClientRead");
    assertThat(facts.waitEventName(0x04000000)).isEqualTo("BufferPin");
    assertThat(facts.waitEventName(0x03000000)).isEqualTo("relation");
    assertThat(facts.waitEventName(0x03000005)).isEqualTo("transactionid");
    assertThat(facts.waitEventName(0x01000008)).isEqualTo("WALWrite");
  }

  @ParameterizedTest
  @MethodSource("majors")
  void anUnknownWaitEventIsNamedByItsNumber(int major) {
    PostgresFacts facts = PostgresFacts.of(major);
    assertThat(facts.waitEventName(0x0A0000FF)).isEqualTo("unknown:0x0A0000FF");
    assertThat(facts.waitEventClass(0x0A0000FF)).isEqualTo("IO");
  }

  @ParameterizedTest
  @MethodSource("majors")
  void anUnknownClassIsNamedByItsNumber(int major) {
    PostgresFacts facts = PostgresFacts.of(major);
    assertThat(facts.waitEventClass(0xFF000001)).isEqualTo("unknown:0xFF000000");
    assertThat(facts.waitEventName(0xFF000001)).isEqualTo("unknown:0xFF000001");
  }

  @ParameterizedTest
  @MethodSource("majors")
  void anExtensionsWaitEventIsCalledByItsNumber(int major) {
    assertThat(PostgresFacts.of(major).waitEventName(0x07000000)).isEqualTo("Extension");
    assertThat(PostgresFacts.of(major).waitEventName(0x07000003)).isEqualTo("extension event 3");
  }

  @ParameterizedTest
  @MethodSource("majors")
  void anExtensionsLwLockIsCalledByItsTranche(int major) {
    PostgresFacts facts = PostgresFacts.of(major);
    assertThat(facts.waitEventName(0x010000F0)).isEqualTo("tranche 240");
    assertThat(facts.waitEventClass(0x010000F0)).isEqualTo("LWLock");
  }

  @ParameterizedTest
  @CsvSource({
    "13, 0x01000048, 0x01000049",
    "16, 0x0100004C, 0x0100004D",
    "18, 0x0100005E, 0x0100005F"
  })
  void extensionLwLocksBeginRightAfterTheBuiltInOnes(int major, String last, String next) {
    PostgresFacts facts = PostgresFacts.of(major);
    assertThat(facts.waitEventName(Integer.decode(last))).doesNotStartWith("tranche ");
    assertThat(facts.waitEventName(Integer.decode(next)))
        .isEqualTo("tranche " + (Integer.decode(next) & 0xFFFF));
  }

  @Test
  void aGapBetweenBuiltInLwLocksIsUnknown() {
    assertThat(PostgresFacts.of(13).waitEventName(0x0100002D)).isEqualTo("unknown:0x0100002D");
  }

  @ParameterizedTest
  @CsvSource({"16, unknown:0x0B000000", "17, InjectionPoint", "18, InjectionPoint"})
  void injectionPointsAreAClassFrom17On(int major, String eventClass) {
    assertThat(PostgresFacts.of(major).waitEventClass(0x0B000001)).isEqualTo(eventClass);
  }

  @ParameterizedTest
  @CsvSource({
    "13, 177, SELECT",
    "14, 177, SELECT",
    "15, 178, SELECT",
    "16, 178, SELECT",
    "17, 179, SELECT",
    "18, 179, SELECT",
    "15, 162, MERGE",
    "18, 163, MERGE",
    "13, 190, VACUUM",
    "18, 192, VACUUM",
    "13, 0, ???",
    "13, 191, unknown:0x000000BF",
    "18, -1, unknown:0xFFFFFFFF",
  })
  void namesACommandTag(int major, int number, String name) {
    assertThat(PostgresFacts.of(major).commandTag(number)).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({
    "13, estate.es_processed, 192",
    "14, estate.es_processed, 168",
    "15, estate.es_processed, 168",
    "16, estate.es_processed, 176",
    "17, estate.es_processed, 176",
    "18, estate.es_processed, 208",
    "13, pgproc.wait_event_info, 684",
    "14, portal.source_text, 48",
    "15, portal.source_text, 56",
    "16, planned_stmt.stmt_len, 132",
    "17, background_worker.notify_pid, 1464",
    "18, port.database_name, 384",
  })
  void givesAnOffset(int major, String key, int offset) {
    assertThat(PostgresFacts.of(major).offset(key)).isEqualTo(offset);
  }

  @ParameterizedTest
  @MethodSource("majors")
  void everyMajorHasTheKeysThatTheKernelProgramsNeed(int major) {
    PostgresFacts facts = PostgresFacts.of(major);
    assertThat(
            List.of(
                "port.remote_host",
                "port.remote_port",
                "port.database_name",
                "port.user_name",
                "port.application_name",
                "background_worker.function_name",
                "background_worker.notify_pid",
                "pgproc.wait_event_info",
                "query_desc.operation",
                "query_desc.plannedstmt",
                "query_desc.source_text",
                "query_desc.estate",
                "estate.es_processed",
                "planned_stmt.query_id",
                "planned_stmt.stmt_location",
                "planned_stmt.stmt_len",
                "planned_stmt.utility_stmt",
                "list.elements",
                "portal.name",
                "portal.prep_stmt_name",
                "portal.source_text",
                "query_completion.command_tag",
                "query_completion.nprocessed",
                "locallock.tag",
                "locallock.mode",
                "command.select",
                "command.update",
                "command.insert",
                "command.delete",
                "command.utility"))
        .allSatisfy(key -> assertThat(facts.offset(key)).isNotNegative());
  }

  @ParameterizedTest
  @MethodSource("majors")
  void theFactsWereCheckedOnABinaryOfTheMajor(int major) {
    assertThat(PostgresFacts.of(major).offset("version_num") / 10_000).isEqualTo(major);
  }

  @Test
  void aKeyThatTheMajorLacksIsRefusedByName() {
    assertThatThrownBy(() -> PostgresFacts.of(14).offset("command.merge"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PostgreSQL 14")
        .hasMessageContaining("command.merge");
  }

  @ParameterizedTest
  @CsvSource({"13, 2", "14, 2", "15, 2", "16, 2", "17, 2", "18, 3"})
  void runningHasItsNumber(int major, int number) {
    assertThat(PostgresFacts.of(major).activityState(number)).isEqualTo(ActivityState.RUNNING);
  }

  @Test
  void theStatesOf17ComeInTheServersOrder() {
    assertThat(IntStream.rangeClosed(0, 6).mapToObj(PostgresFacts.of(17)::activityState))
        .containsExactly(
            ActivityState.UNDEFINED,
            ActivityState.IDLE,
            ActivityState.RUNNING,
            ActivityState.IDLE_IN_TRANSACTION,
            ActivityState.FASTPATH,
            ActivityState.IDLE_IN_ABORTED,
            ActivityState.DISABLED);
  }

  @Test
  void theStatesOf18ComeInTheServersOrder() {
    assertThat(IntStream.rangeClosed(0, 7).mapToObj(PostgresFacts.of(18)::activityState))
        .containsExactly(ActivityState.values());
  }

  @Test
  void anUnknownStateIsUndefined() {
    assertThat(PostgresFacts.of(17).activityState(99)).isEqualTo(ActivityState.UNDEFINED);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, 12, 19})
  void anUnsupportedMajorIsRefusedWithTheSupportedOnes(int major) {
    assertThatThrownBy(() -> PostgresFacts.of(major))
        .isInstanceOf(UnsupportedMajorException.class)
        .hasMessageContaining("PostgreSQL " + major)
        .hasMessageContaining("[13, 14, 15, 16, 17, 18]");
  }
}
