#!/usr/bin/env python3
"""Checks every fact of a layout.properties on a live server, and the wait event and command tag tables with it.

usage: verify.py BIN_DIR FACTS_DIR

BIN_DIR holds postgres and initdb of the major (any minor release), FACTS_DIR is its folder here. Prints a line per key and ends with 1 if any
key is wrong. Needs gdb, the right to attach to a process, and pg_stat_statements (PostgreSQL 13, to see a query id).
"""

import json
import os
import pathlib
import subprocess
import sys
import time

from server import Server, ServerError, sleeping, until

HERE = pathlib.Path(__file__).resolve().parent
RELATION_LOCK, SHARE_LOCK, ROW_EXCLUSIVE_LOCK = 0, 5, 3
DEFAULT_TABLESPACE, GLOBAL_TABLESPACE = 1663, 1664
DIVISION_BY_ZERO = "22012"
LOCK_MODES = ("access_share", "row_share", "row_exclusive", "share_update_exclusive", "share", "share_row_exclusive",
              "exclusive", "access_exclusive")
INT4PL = 177  # oid of int4pl(int4, int4)


def read_properties(path):
    lines = (line.strip() for line in pathlib.Path(path).read_text().splitlines())
    return {k: int(v) for k, v in (line.split("=") for line in lines if line and not line.startswith("#"))}


def read_table(path, key_base):
    rows = (line.split("\t") for line in pathlib.Path(path).read_text().splitlines() if not line.startswith("#"))
    return {int(row[0], key_base): tuple(row[1:]) for row in rows}


class Watch:
    """gdb on one backend; the values it reads arrive in a file."""

    def __init__(self, server, pid, layout, follow):
        self.path = server.directory / f"watch-{pid}.jsonl"
        self.read = 0
        environment = dict(os.environ, LAYOUT=json.dumps(layout), RESULT=str(self.path), FOLLOW="1" if follow else "0")
        command = ["gdb", "-nx", "-q", "-batch", "-ex", "set confirm off", "-ex", "set pagination off", "-p", str(pid)]
        command += ["-x", str(HERE / "gdb-watch.py"), str(server.postgres)]
        self.log = open(server.directory / f"gdb-{pid}.log", "w+")
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.attached = self._first()

    def _first(self):
        for _ in range(600):
            lines = self.new()
            if lines:
                return lines[0]
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.log.seek(0)
        raise SystemExit(f"gdb read nothing:\n{self.log.read()}")

    def new(self):
        """What was recorded since the last call."""
        if not self.path.exists():
            return []
        lines = self.path.read_text().splitlines()
        fresh, self.read = lines[self.read :], len(lines)
        return [json.loads(line) for line in fresh]

    def end(self):
        self.process.wait(60)
        self.log.close()


class Verification:
    """The checks; results maps each key to a list of (seen, wanted)."""

    def __init__(self, server, facts, layout):
        self.server, self.layout, self.results, self.errors = server, layout, {}, []
        self.version = server.version_num() // 10000
        self.wait_event_rows = read_table(facts / "wait-events.tsv", 16)
        self.wait_events = {number: row[-1] for number, row in self.wait_event_rows.items()}
        self.tags = {number: row[-1] for number, row in read_table(facts / "command-tags.tsv", 10).items()}
        self.helper = server.session()

    def check(self, key, seen, wanted):
        self.results.setdefault(key, []).append((seen, wanted))

    def check_same(self, key, seen):
        """For a constant: the server uses the value that the layout gives."""
        self.check(key, seen, self.layout.get(key))

    def run(self):
        self.helper.query("create table t (a int, b int)")
        self.helper.query("create role facts_user superuser login")
        self.helper.query("create database facts_db")
        self.helper.close()
        self.helper = self.server.session(database="facts_db")
        self.helper.query("create table t (a int primary key, b int)")
        if self.version == 13:
            self.helper.query("create extension pg_stat_statements")
        traced = self.server.session(user="facts_user", database="facts_db", application_name="facts_app")
        traced.start("select pg_sleep(600)")
        until("the backend sleeps", lambda: sleeping(self.helper, traced.pid))
        watch = Watch(self.server, traced.pid, self.layout, follow=True)
        try:
            self.attached(traced, watch.attached)
            self.wake(traced)
            watch.new()
            for part in (self.statements, self.relations, self.merge, self.query_id, self.prepared, self.activity, self.error,
                         self.transaction, self.disabled, self.lock, self.thrown):
                part(traced, watch)
        finally:
            traced.close()
            watch.end()
        self.conflicts()
        self.worker()
        self.starting()
        self.versions()
        return self.results

    def wake(self, session):
        self.helper.query(f"select pg_cancel_backend({session.pid})")
        try:
            session.finish()
        except ServerError:
            pass

    def step(self, traced, watch, sql):
        try:
            traced.query(sql)
        except ServerError as error:
            self.errors.append(str(error))
        return watch.new()

    def attached(self, traced, seen):
        for key, wanted in {
            "port.remote_host": "127.0.0.1",
            "port.remote_port": str(traced.local_port),
            "port.database_name": "facts_db",
            "port.user_name": "facts_user",
            "port.application_name": "facts_app",
        }.items():
            self.check(key, seen[key], wanted)
        self.check("(variable application_name)", seen["application_name"], "facts_app")
        self.check("pgproc.wait_event_info", self.wait_events.get(seen["pgproc.wait_event_info"]), "PgSleep")
        self.check("pgproc.pid", seen["pgproc.pid"], traced.pid)
        if self.version >= 14:
            self.check("(variable my_wait_event_info)", self.wait_events.get(seen["my_wait_event_info"]), "PgSleep")

    def statements(self, traced, watch):
        texts = {
            "select": "select a, a from generate_series(1, 5) a;",
            "insert": "insert into t select i, i from generate_series(1, 7) i;",
            "update": "update t set b = b + 1 where a <= 3;",
            "delete": "delete from t where a <= 2;",
            "utility": "create table u (a int);",
        }
        rows = {"select": 5, "insert": 7, "update": 3, "delete": 2, "utility": 0}
        sql = "".join(texts.values())
        events = self.step(traced, watch, sql)
        calls = [e for e in events if e["at"] in ("standard_ExecutorRun", "standard_ProcessUtility")]
        lists = [e for e in events if e["at"] == "PortalDefineQuery"]
        ends = [e for e in events if e["at"] == "standard_ExecutorEnd"]
        completions = [e for e in events if e["at"] == "EndCommand"]
        self.check("(number of statements)", (len(calls), len(lists), len(ends), len(completions)), (5, 5, 4, 5))
        for (kind, text), call, stmts, end in zip(texts.items(), calls, lists, [*ends, None]):
            self.check_same(f"command.{kind}", call["planned_stmt.command_type"])
            self.check("planned_stmt.command_type", call["planned_stmt.command_type"], self.layout.get(f"command.{kind}"))
            self.check("planned_stmt.stmt_location", call["planned_stmt.stmt_location"], sql.index(text))
            self.check("planned_stmt.stmt_len", call["planned_stmt.stmt_len"], len(text) - 1)
            self.check("list.length", stmts["list.length"], 1)
            self.check("list.elements", stmts["first"], call["address"])
            if kind == "utility":
                self.check("planned_stmt.utility_stmt", 0 < (call["utility_tag"] or 0) < 1000, True)
                continue
            self.check("planned_stmt.utility_stmt", call["planned_stmt.utility_stmt"], 0)
            self.check("query_desc.operation", call["query_desc.operation"], self.layout[f"command.{kind}"])
            self.check("query_desc.plannedstmt", call["address"], stmts["first"])
            self.check("query_desc.source_text", call["query_desc.source_text"], sql)
            self.check("query_desc.estate", end["estate.es_processed"], rows[kind])
            self.check("estate.es_processed", end["estate.es_processed"], rows[kind])
            self.check("backend_status.state", end["state"], self.layout["activity.running"])
        names = [self.tags.get(c["query_completion.command_tag"]) for c in completions]
        self.check("query_completion.command_tag", names, ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE TABLE"])
        self.check("query_completion.nprocessed", [c["query_completion.nprocessed"] for c in completions], [*rows.values()])
        portals = [e["portal.source_text"] for e in events if e["at"] == "PortalStart"]
        self.check("portal.source_text", portals, [sql] * 5)

    def relations(self, traced, watch):
        """Whatever the executor has opened is what the catalog says."""
        sql = "select r.oid, pg_relation_filenode(r.oid), d.oid from pg_class r, pg_database d where relname = '{}' and datname = 'facts_db'"
        self.helper.query("vacuum full t")
        for name, shared in (("t", 0), ("pg_database", 1)):
            oid, file, database = (int(n) for n in self.helper.query(sql.format(name))[0])
            runs = [e for e in self.step(traced, watch, f"select count(*) from {name}") if e["at"] == "standard_ExecutorRun"]
            opened = runs[0]["relations"] if runs else []
            seen = opened[0] if len(opened) == 1 else {}
            self.check("estate.es_relations", len(opened), 1)
            self.check("estate.es_range_table_size", len(opened), 1)
            self.check("relation.rd_id", seen.get("relation.rd_id"), oid)
            self.check("relation.rd_backend", seen.get("relation.rd_backend"), -1)
            self.check("relation.rd_rel", seen.get("class.relname"), name)
            self.check("class.relname", seen.get("class.relname"), name)
            space = GLOBAL_TABLESPACE if shared else DEFAULT_TABLESPACE
            self.check("relation.rd_locator", seen.get("locator"), [space, 0 if shared else database, file])
            self.check("class.relfilenode", seen.get("class.relfilenode"), 0 if shared else file)
            self.check("class.reltablespace", seen.get("class.reltablespace"), GLOBAL_TABLESPACE if shared else 0)
            self.check("class.relisshared", seen.get("class.relisshared"), shared)
        self.step(traced, watch, "create temp table own (a int)")
        runs = [e for e in self.step(traced, watch, "select pg_relation_filepath('own') from own") if e["at"] == "standard_ExecutorRun"]
        path = traced.query("select pg_relation_filepath('own')")[0][0].rsplit("/")[-1]
        watch.new()
        seen = runs[0]["relations"][0] if runs and runs[0]["relations"] else {}
        self.check("relation.rd_backend", f"t{seen.get('relation.rd_backend')}_{seen.get('class.relfilenode')}", path)

    def error(self, traced, watch):
        """The fields of an error as the client gets them."""
        sent = [e for e in self.step(traced, watch, "select 1 / 0") if e["at"] == "pq_sendstring"]
        self.check("string_info.cursor", {e["type"] for e in sent}, {"E"})
        fields = {e["code"]: e["text"] for e in sent}
        self.check("string_info.data", fields.get("M"), "division by zero")
        self.check("string_info.len", fields.get("C"), DIVISION_BY_ZERO)
        quiet = [e for e in self.step(traced, watch, "select 1 as a, 'x' as b") if e["at"] == "pq_sendstring"]
        self.check("(strings sent by a statement)", quiet, [])

    def thrown(self, traced, watch):
        """An error of a parallel worker, which its leader throws again."""
        self.step(traced, watch, "rollback")
        self.step(traced, watch, f"set {'debug_parallel_query' if self.version >= 16 else 'force_parallel_mode'} = on")
        events = self.step(traced, watch, "select 1 / (b - b) from t where b is not null limit 1")
        packed = sum((ord(c) - ord("0") & 0x3F) << 6 * i for i, c in enumerate(DIVISION_BY_ZERO))
        seen = [e["error_data.sqlerrcode"] for e in events if e["at"] == "ThrowErrorData"]
        self.check("error_data.sqlerrcode", seen[:1], [packed])

    def conflicts(self):
        """Each mode against each on a table, in two sessions."""
        other = self.server.session(database="facts_db")
        seen = dict.fromkeys(range(1, 9), 0)
        for held, held_name in enumerate(LOCK_MODES, 1):
            other.query("begin")
            other.query(f"lock table t in {held_name.replace('_', ' ')} mode")
            for wanted, wanted_name in enumerate(LOCK_MODES, 1):
                self.helper.query("begin")
                try:
                    self.helper.query(f"lock table t in {wanted_name.replace('_', ' ')} mode nowait")
                except ServerError:
                    seen[wanted] |= 1 << held
                self.helper.query("rollback")
            other.query("rollback")
        other.close()
        for mode, name in enumerate(LOCK_MODES, 1):
            self.check_same(f"lock_conflicts.{name}", seen[mode])

    def merge(self, traced, watch):
        sql = "merge into t using (values (3), (4)) s(x) on a = x when matched then update set b = 0"
        runs = [e for e in self.step(traced, watch, sql) if e["at"] == "standard_ExecutorRun"]
        self.check_same("command.merge", runs[0]["planned_stmt.command_type"] if runs else None)

    def query_id(self, traced, watch):
        traced.start("select pg_sleep(600), 'query id'")
        until("the backend sleeps", lambda: sleeping(self.helper, traced.pid))
        seen = [e["planned_stmt.query_id"] for e in watch.new() if e["at"] == "standard_ExecutorRun"]
        if self.version == 13:
            self.wake(traced)
            traced.query("select 1 + pg_backend_pid() as query_id")
            seen = [e["planned_stmt.query_id"] for e in watch.new() if e["at"] == "standard_ExecutorRun"]
            rows = self.helper.query("select queryid from pg_stat_statements where query like '%as query_id'")
        else:
            rows = self.helper.query(f"select query_id from pg_stat_activity where pid = {traced.pid}")
            self.wake(traced)
            watch.new()
        self.check("planned_stmt.query_id", seen, [int(rows[0][0])])

    def prepared(self, traced, watch):
        sql = "select 'prepared'"
        traced.prepared("facts_statement", "facts_portal", sql)
        started = [e for e in watch.new() if e["at"] == "PortalStart"]
        self.check("portal.name", [e["portal.name"] for e in started], ["facts_portal"])
        self.check("portal.prep_stmt_name", [e["portal.prep_stmt_name"] for e in started], ["facts_statement"])
        self.check("portal.source_text", [e["portal.source_text"] for e in started], [sql])

    def activity(self, traced, watch):
        def reported(events):
            return [e["activity"] for e in events if e["at"] == "pgstat_report_activity"]

        simple = reported(self.step(traced, watch, "select 1"))
        self.check_same("activity.running", simple[0])
        self.check_same("activity.idle", simple[-1])
        self.check_same("activity.idle_in_transaction", reported(self.step(traced, watch, "begin"))[-1])
        self.check_same("activity.idle_in_aborted", reported(self.step(traced, watch, "select 1 / 0"))[-1])
        self.step(traced, watch, "rollback")
        traced.fastpath(INT4PL, "1", "2")
        self.check_same("activity.fastpath", reported(watch.new())[0])

    def transaction(self, traced, watch):
        """Its local id, which ends with it, and its id, which it has once it wrote."""
        held, other = ("pgxact.xid", "pgproc.xid") if self.version == 13 else ("pgproc.xid", "pgxact.xid")
        traced.query("begin")
        virtual = traced.query("select virtualtransaction from pg_locks where pid = pg_backend_pid() and locktype = 'virtualxid'")
        xid = traced.query("select txid_current()")
        traced.query("select 'holds an id'")
        runs = [e for e in watch.new() if e["at"] == "standard_ExecutorRun"]
        self.check("pgproc.lxid", {e["pgproc.lxid"] for e in runs}, {int(virtual[0][0].split("/")[1])})
        self.check(held, [e[held] for e in runs], [0, 0, int(xid[0][0])])
        traced.query("commit")
        self.check_same(other, None)

    def disabled(self, traced, watch):
        self.step(traced, watch, "set track_activities = off")
        states = [e["state"] for e in self.step(traced, watch, "select 1") if e["at"] == "standard_ExecutorRun"]
        self.check_same("activity.disabled", states[0])
        self.step(traced, watch, "set track_activities = on")

    def lock(self, traced, watch):
        self.helper.query("begin")
        self.helper.query("lock table t in row exclusive mode")
        self.step(traced, watch, "set lock_timeout = '300ms'")
        events = self.step(traced, watch, "begin; lock table t in share mode")
        self.helper.query("rollback")
        rows = self.helper.query("select d.oid, 't'::regclass::oid from pg_database d where datname = 'facts_db'")
        waits = [e for e in events if e["at"] == "ProcSleep"]
        tags = [(e["database"], e["relation"], e["type"]) for e in waits]
        self.check("locallock.tag", tags, [(int(rows[0][0]), int(rows[0][1]), RELATION_LOCK)])
        self.check("locallock.mode", [e["locallock.mode"] for e in waits], [SHARE_LOCK])
        holders = [sorted(e["holders"]) for e in waits]
        wanted = [sorted([[self.helper.pid, 1 << ROW_EXCLUSIVE_LOCK], [traced.pid, 0]])]
        for key in ("locallock.lock", "lock.proc_locks", "proclock.my_lock", "proclock.group_leader", "proclock.hold_mask",
                    "proclock.lock_link"):
            self.check(key, holders, wanted)

    def worker(self):
        leader = self.server.session()
        leader.query(f"set {'debug_parallel_query' if self.version >= 16 else 'force_parallel_mode'} = on")
        leader.start("select pg_sleep(600)")
        find = "select pid from pg_stat_activity where backend_type = 'parallel worker' and wait_event = 'PgSleep'"
        pid = int(until("a parallel worker sleeps", lambda: self.helper.query(find))[0][0])
        watch = Watch(self.server, pid, self.layout, follow=False)
        watch.end()
        self.check("background_worker.function_name", watch.attached["background_worker.function_name"], "ParallelWorkerMain")
        self.check("background_worker.notify_pid", watch.attached["background_worker.notify_pid"], leader.pid)
        self.check("pgproc.lock_group_leader", watch.attached["leader"], leader.pid)
        leader.close()
        self.workers()

    def workers(self):
        """Two workers of one leader: they have one segment and different numbers."""
        leader = self.server.session(database="facts_db")
        leader.query("create table wide as select a, repeat('x', 500) from generate_series(1, 2000) a")
        leader.query("alter table wide set (parallel_workers = 2)")
        leader.query("set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0")
        leader.start("select count(*) from wide where pg_sleep(600) is not null")
        find = f"select pid from pg_stat_activity where leader_pid = {leader.pid} and pid <> leader_pid and wait_event = 'PgSleep'"
        until("two parallel workers sleep", lambda: len(self.helper.query(find)) == 2)
        numbers = []
        for (pid,) in self.helper.query(find):
            watch = Watch(self.server, int(pid), self.layout, follow=False)
            watch.end()
            numbers.append(watch.attached["background_worker.extra"])
            self.check("background_worker.type", watch.attached["background_worker.type"], "parallel worker")
            segment = watch.attached["background_worker.main_arg"]
            self.check("background_worker.main_arg", pathlib.Path(f"/dev/shm/PostgreSQL.{segment}").exists(), True)
        self.check("background_worker.extra", sorted(numbers, key=str), [0, 1])
        leader.close()

    def autovacuum(self):
        self.helper.query("create table dead as select a from generate_series(1, 20000) a")
        self.helper.query("delete from dead")
        find = "select pid from pg_stat_activity where backend_type = 'autovacuum worker' and wait_event = 'VacuumDelay'"
        pid = int(until("an autovacuum worker sleeps", lambda: self.helper.query(find))[0][0])
        watch = Watch(self.server, pid, self.layout, follow=False)
        watch.end()
        self.check_same("backend_type.autovacuum_worker", watch.attached["backend_type"])

    def starting(self):
        """A client that does not send its password: from 18 on its backend has a state of its own."""
        if self.version < 18:
            self.check_same("activity.starting", None)
            return
        self.helper.query("create role waiting login password 'x'")
        client = self.server.session(user="waiting", wait=False)
        find = "select pid from pg_stat_activity where state = 'starting'"
        pid = int(until("a backend waits for the password", lambda: self.helper.query(find))[0][0])
        watch = Watch(self.server, pid, self.layout, follow=False)
        watch.end()
        self.check_same("activity.starting", watch.attached["state"])
        client.close()

    def versions(self):
        self.check("version_num", self.server.version_num() // 10000, self.layout["version_num"] // 10000)
        if self.version < 17:
            return
        # The events of these two classes are dynamic.
        rows = self.helper.query("select type, name from pg_wait_events where type not in ('Extension', 'InjectionPoint')")
        listed = {tuple(row) for row in rows}
        known = {names for number, names in self.wait_event_rows.items() if number >> 24 not in (0x07, 0x0B)}
        self.check("(pg_wait_events: not in the table)", sorted(listed - known), [])
        self.check("(table: not in pg_wait_events)", sorted(known - listed), [])


def settings(version):
    common = ["autovacuum=off", "max_parallel_workers_per_gather=2", "statement_timeout=0"]
    if version == 13:
        return [*common, "shared_preload_libraries=pg_stat_statements"]
    return [*common, "compute_query_id=on"]


def verify(bin_dir, facts, layout):
    """Returns (results, statement errors): see Verification."""
    with Server(bin_dir, settings=settings(layout["version_num"] // 10000)) as server:
        verification = Verification(server, pathlib.Path(facts), layout)
        results, errors = verification.run(), verification.errors
    slow = ["autovacuum_naptime=1", "autovacuum_vacuum_cost_delay=100", "autovacuum_vacuum_cost_limit=1"]
    with Server(bin_dir, settings=slow) as server:
        verification = Verification(server, pathlib.Path(facts), layout)
        verification.autovacuum()
        return results | verification.results, errors


def right(checks):
    return all(seen == wanted for seen, wanted in checks)


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    layout = read_properties(pathlib.Path(sys.argv[2]) / "layout.properties")
    results, errors = verify(sys.argv[1], sys.argv[2], layout)
    wrong = [key for key, checks in results.items() if not right(checks)]
    wrong += [key for key in layout if key not in results]
    for key in sorted({*results, *layout}):
        if key not in wrong:
            print(f"ok    {key} ({len(results[key])} checks)")
            continue
        print(f"WRONG {key}")
        for seen, wanted in results.get(key, [("never checked", "a check")]):
            if seen != wanted:
                print(f"      the server shows {seen!r}, wanted {wanted!r}")
    for error in errors:
        print(f"note  a statement failed on the way: {error}")
    print(f"{len(wrong)} wrong of {len(layout)} keys")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
