#!/usr/bin/env python3
"""Checks the plan files of a major on a live server, fact by fact.

usage: verify-plans.py BIN_DIR FACTS_DIR

Runs EXPLAIN (ANALYZE) and lets gdb read the same trees with the facts. What they show must be what EXPLAIN prints; and a fact counts as checked only
when another value in its place shows something else. Prints what is wrong or unchecked and ends with 1 then.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

from server import Server

HERE = pathlib.Path(__file__).resolve().parent
EXPLAIN = "explain (analyze, {options}, format json) {sql}"
ALL = "buffers, wal"
# Only an extension makes one; only a trigger's query reads the other; they take part in no query here.
NO_QUERY = {"Custom Scan", "Named Tuplestore Scan"}
# Says how much to read: see size().
BY_OTHER_MEANS = {"instrumentation.size"}
WORDS = {"join": "Join Type", "strategy": "Strategy", "set_strategy": "Strategy", "partial": "Partial Mode", "operation": "Operation",
         "set_command": "Command", "direction": "Scan Direction"}
BLOCKS = [f"{where} {what} Blocks" for where in ("Shared", "Local") for what in ("Hit", "Read", "Dirtied", "Written")]
BLOCKS += ["Temp Read Blocks", "Temp Written Blocks"]


def properties(path):
    lines = (line.strip() for line in pathlib.Path(path).read_text().splitlines())
    return {k: int(v) for k, v in (line.split("=") for line in lines if line and not line.startswith("#"))}


def table(path):
    return [line.split("\t") for line in pathlib.Path(path).read_text().splitlines() if not line.startswith("#")]


def load(directory):
    names = ("members", "member_count", "child", "child_list", "relation", "index", "target", "root_target")
    nodes = {}
    for row in table(directory / "plan-nodes.tsv"):
        shape = dict(zip(names, map(int, row[3:11])))
        nodes[row[0]] = {"name": row[2], **shape, "detail1": row[11], "detail1_at": int(row[12]), "detail2": row[13], "detail2_at": int(row[14])}
    values = {}
    for kind, number, word in table(directory / "plan-values.tsv"):
        values.setdefault(kind, {})[number] = word
    return {"layout": properties(directory / "plan-layout.properties"), "nodes": nodes, "values": values,
            "plannedstmt": properties(directory / "layout.properties")["query_desc.plannedstmt"]}


SCHEMA = """create table t (a int primary key, b int, c text);
insert into t select g, g % 100, (g % 37)::text from generate_series(1, 10000) g; create index t_b on t (b); create index t_c on t (c);
create table u (x int primary key, y int); insert into u select g, g % 10 from generate_series(1, 200) g;
create table p (k int, v int) partition by range (k); create table p1 partition of p for values from (0) to (100);
create table p2 partition of p for values from (100) to (200); insert into p select g % 200, g from generate_series(1, 1000) g; create index on p (v);
create temp table l as select g from generate_series(1, 2000) g;
alter table t set (autovacuum_enabled = off); vacuum full t; vacuum full u; vacuum analyze"""


def queries(major):
    serial = "max_parallel_workers_per_gather=0"
    bitmap = "enable_seqscan=off;enable_indexscan=off;enable_indexonlyscan=off"
    loops = "enable_hashjoin=off;enable_mergejoin=off;" + serial
    workers = "parallel_setup_cost=0;parallel_tuple_cost=0;min_parallel_table_scan_size=0;min_parallel_index_scan_size=0"
    yield "", "select count(*) from t where b > 5"
    yield "enable_seqscan=off", "select * from t where a = 5"
    yield "enable_seqscan=off", "select a from t where a < 20 order by a desc"
    yield "enable_indexonlyscan=off", "select * from t where a < 20 order by a desc"
    yield bitmap, "select * from t where b = 3 or c = '7'"
    yield bitmap + ";random_page_cost=100;seq_page_cost=100", "select * from t where b = 7 and c = '7'"
    yield "", "select * from t where ctid = '(0,1)'"
    if major >= 14:
        yield "", "select * from t where ctid < '(2,0)'"
    yield "", "select * from generate_series(1, 10) g where g > 5"
    yield "", "select * from (values (1), (2), (3)) v(x) where x > 1"
    yield "", "select count(*) from t tablesample system (50) repeatable (1)"
    yield "", "select * from f"
    yield "", "select 1"
    yield "", "select generate_series(1, 3)"
    if major >= 17:
        yield "", "select * from json_table('[1,2,3]', '$[*]' columns (n int path '$')) j"
    else:
        yield "", "select * from xmltable('/a/b' passing '<a><b>1</b></a>' columns n int path '.')"
    yield serial, "select count(*) from t join u on t.b = u.x"
    yield serial, "select count(*) from t where not exists (select from u where u.x = t.b)"
    yield serial, "select count(*) from t left join u on t.b = u.x"
    yield serial, "select count(*) from t where exists (select from u where u.x = t.b)"
    yield serial, "select count(*) from u where not exists (select from t where t.b = u.x)"
    yield serial, "select x from u except select b from t"
    yield "enable_mergejoin=off;" + serial, "select count(*) from u right join t on t.b = u.x"
    yield "enable_hashjoin=off", "select count(*) from t full join u on t.b = u.x"
    yield "enable_hashjoin=off;enable_nestloop=off", "select count(*) from t join u on t.a = u.x"
    yield loops, "select count(*) from t join u on t.b = u.x"
    yield loops, "select count(*) from u u1 left join u u2 on u1.x < u2.x and u2.y > 8 where u2.y is null"
    yield loops + ";enable_indexscan=off;enable_bitmapscan=off;enable_indexonlyscan=off", "select count(*) from u u1, u u2 where u1.x < u2.x"
    yield "work_mem='64kB'", "select * from t order by c, a"
    yield "enable_seqscan=off;enable_bitmapscan=off", "select * from t order by b, c limit 50"
    for setting in ("enable_sort=off", "enable_hashagg=off"):
        yield setting + ";" + serial, "select b, count(*) from t group by b"
    yield "enable_hashagg=off;" + serial, "select b from t group by b"
    yield serial, "select b, c, count(*) from t group by grouping sets ((b), (c), ())"
    yield serial, "select a, row_number() over (partition by b order by a) from t"
    yield "enable_hashagg=off;" + serial, "select distinct b, c from t"
    yield serial, "select x from u intersect select b from t"
    yield "enable_hashagg=off;" + serial, "select x from u except all select b from t"
    yield "", "select * from u where x < 10 for update limit 3"
    yield "", "select * from (select a, row_number() over (order by a) n from t) s where n % 7 = 1"
    yield "", "with w as materialized (select a from t where b = 1) select count(*) from w w1 join w w2 on w1.a = w2.a"
    yield "", "with recursive r(n) as (select 1 union all select n + 1 from r where n < 20) select * from r"
    yield serial, "select a, (select max(y) from u where u.x = t.b), (select min(y) from u where u.x = t.b) from t where a < 50"
    yield serial, "select count(*) from t where b > (select avg(b) from t)"
    yield serial, "select count(*) from p where v > 10"
    yield "enable_seqscan=off;enable_sort=off;" + serial, "select * from p order by v limit 10"
    yield workers, "select b, sum(a) from t group by b"
    yield workers, "select * from t where b <> 3 order by c, a"
    yield "", "select count(*) from l"
    yield "", "insert into u select g, g from generate_series(1000, 1100) g"
    yield "", "update u set y = y + 1 where x < 100"
    yield "", "update p set v = v + 1 where v < 50"
    yield "", "delete from u where x > 1050"
    yield "", "with d as (delete from u where x > 1040 returning x) select count(*) from d"


class Checks:
    def __init__(self, server, facts, watch):
        self.server, self.facts, self.watch = server, facts, watch
        self.proved, self.types, self.words, self.wrong = set(), set(), set(), []

    def run(self, session, settings, sql, options=ALL):
        for setting in filter(None, settings.split(";")):
            session.query("set " + setting)
        printed = session.query(EXPLAIN.format(options=options, sql=sql))
        session.query("reset all")
        explained = json.loads("\n".join(row[0] for row in printed))[0]["Plan"]
        recorded = [s for s in self.watch() if s["nodes"]]
        if not recorded:
            raise SystemExit(f"gdb saw no plan of {sql}:\n{(self.server.directory / 'gdb.log').read_text()}")
        seen = recorded[-1]
        flat = []
        self.flatten(explained, -1, flat)
        self.compare(sql, flat, seen, session)
        self.proved.update(seen["proved"])

    def flatten(self, node, parent, flat):
        number = len(flat)
        flat.append((parent, node))
        for child in node.get("Plans", []):
            self.flatten(child, number, flat)

    def compare(self, sql, flat, seen, session):
        def same(what, shown, wanted):
            if shown != wanted:
                self.wrong.append(f"{sql}: {what}: the facts show {shown!r}, EXPLAIN {wanted!r}")

        def near(what, shown, wanted, tolerance):
            if shown is None or not abs(shown - wanted) <= tolerance:
                self.wrong.append(f"{sql}: {what}: the facts show {shown!r}, EXPLAIN {wanted!r}")

        # What modifies in a WITH goes on after the place where gdb reads.
        modifies = sql.startswith("with d ")
        same("modifies", bool(seen["modifies"]), modifies)
        same("nodes", [n["type"] for n in seen["nodes"]], [n["Node Type"] for _, n in flat])
        same("parents", [n["parent"] for n in seen["nodes"]], [parent for parent, _ in flat])
        if len(seen["nodes"]) != len(flat):
            return
        ids = [n["id"] for n in seen["nodes"]]
        same("distinct ids", len(set(ids)), len(ids))
        same("a top of id 0", 0 in ids, True)
        for n, (_, e) in zip(seen["nodes"], flat):
            self.types.add(n["type"])
            same("relationship", n["relationship"], e.get("Parent Relationship", ""))
            same("subplan", n["subplan"], e.get("Subplan Name", ""))
            same("aware", n["aware"], int(e["Parallel Aware"]))
            for kind, word in n["details"].items():
                same(kind, word, e.get(WORDS[kind], "Select" if kind == "operation" else None))
                self.words.add((kind, word))
            for shown, wanted in zip(n["costs"], (e["Startup Cost"], e["Total Cost"])):
                near("cost", shown, wanted, 0.0051)
            near("rows", n["costs"][2], e["Plan Rows"], 0.51)
            same("width", n["width"], e["Plan Width"])
            for kind, key in (("relation", "Relation Name"), ("index", "Index Name")):
                same(kind, n[kind][0] if n[kind] else None, e.get(key))
                if n[kind] and key in e:
                    oids = session.query(f"select '{e[key]}'::regclass::oid, coalesce(pg_relation_filenode('{e[key]}'), 0)")[0]
                    same(kind + " oid", n[kind][1], int(oids[0]))
                    if int(oids[1]):
                        same(kind + " file", n[kind][2], int(oids[1]))
            if not modifies:
                self.figures(n, e, same, near)

    @staticmethod
    def figures(n, e, same, near):
        a = n["actual"]
        same("loops", a["loops"], float(e["Actual Loops"]))
        loops = max(1, a["loops"])
        near("actual rows", a["rows"] / loops, e["Actual Rows"], 0.501)
        same("timed", a["total"] is not None, "Actual Total Time" in e)
        if a["total"] is not None and "Actual Total Time" in e:
            near("startup", a["startup"] * 1000 / loops, e["Actual Startup Time"], 0.00051)
            near("total", a["total"] * 1000 / loops, e["Actual Total Time"], 0.00051)
        same("buffers", a["buffers"], [e[k] for k in BLOCKS] if BLOCKS[0] in e else None)
        same("wal", a["wal"], [e["WAL Records"], e["WAL FPI"], e["WAL Bytes"]] if "WAL Records" in e else None)
        join = "Join Type" in e
        for key, field in (("Rows Removed by Join Filter", "filtered1"), ("Rows Removed by Filter", "filtered2" if join else "filtered1")):
            if key in e:
                near(key, a[field] / loops, e[key], 0.51)

    def size(self):
        layout = self.facts["layout"]
        end = max(v for k, v in layout.items() if k.startswith("instrumentation.") and not k.endswith(".size"))
        if not end + 24 <= layout["instrumentation.size"] <= 512:
            self.wrong.append("instrumentation.size does not hold the fields, or not the room for them")

    def unchecked(self):
        layout = set(self.facts["layout"]) - BY_OTHER_MEANS
        types = {row["name"] for row in self.facts["nodes"].values()} - NO_QUERY
        cells = {f"{row['name']}/{c}" for row in self.facts["nodes"].values() if row["name"] not in NO_QUERY for c, v in row.items()
                 if isinstance(v, int) and v}
        return sorted((layout | types | cells) - self.proved)


def watch(server, pid, facts):
    result, given = server.directory / "plans.jsonl", server.directory / "facts.json"
    given.write_text(json.dumps(facts))
    log = open(server.directory / "gdb.log", "w+")
    command = ["gdb", "-nx", "-q", "-batch", "-ex", "set confirm off", "-ex", "set pagination off", "-p", str(pid)]
    process = subprocess.Popen(command + ["-x", str(HERE / "gdb-plans.py"), str(server.postgres)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                               env=dict(os.environ, FACTS=str(given), RESULT=str(result)))
    for _ in range(600):
        if result.exists() and result.read_text():
            break
        if process.poll() is not None:
            log.seek(0)
            raise SystemExit(f"gdb ended:\n{log.read()}")
        time.sleep(0.1)
    done = [1]

    def fresh():
        lines = result.read_text().splitlines()
        new, done[0] = lines[done[0] :], len(lines)
        return [json.loads(line) for line in new]

    return process, fresh


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    directory = pathlib.Path(sys.argv[2])
    facts = load(directory)
    with Server(sys.argv[1], settings=["autovacuum=off", "max_parallel_workers_per_gather=2", "jit=off"]) as server:
        major = server.version_num() // 10000
        session = server.session()
        for statement in SCHEMA.split(";"):
            session.query(statement)
        session.query("create extension file_fdw")
        session.query("create server files foreign data wrapper file_fdw")
        session.query(f"create foreign table f (line text) server files options (filename '{server.directory}/data/PG_VERSION')")
        process, fresh = watch(server, session.pid, facts)
        try:
            checks = Checks(server, facts, fresh)
            for settings, sql in queries(major):
                checks.run(session, settings, sql)
            for options in ("timing off, " + ALL, "buffers off", "buffers, wal off", "buffers off, timing off"):
                checks.run(session, "", "select count(*) from u", options)
            checks.size()
        finally:
            session.close()
            process.wait(60)
    unchecked = checks.unchecked()
    for line in checks.wrong + [f"not checked: {key}" for key in unchecked]:
        print(line)
    seen = len(checks.proved)
    print(f"PostgreSQL {major}: {len(checks.wrong)} wrong, {len(unchecked)} not checked, {seen} facts checked; no query for {', '.join(sorted(NO_QUERY))}")
    words = {(kind, word) for kind, numbers in facts["values"].items() for word in numbers.values()}
    print(f"words that no plan showed: {', '.join(f'{k} {w}' for k, w in sorted(words - checks.words))}")
    sys.exit(1 if checks.wrong or unchecked else 0)


if __name__ == "__main__":
    main()
