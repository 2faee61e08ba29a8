"""Runs inside gdb, attached to a backend: walks plan trees where the executor finishes. Called by verify-plans.py.

For each query appends a JSON line to RESULT with the nodes as the facts show them, and with the facts that, when another value is
taken in their place, show other nodes: those are proved by this query.
"""

import json
import os
import struct

import gdb

FACTS = json.loads(open(os.environ["FACTS"]).read())
RESULT = open(os.environ["RESULT"], "a")
MOST_NODES = 120
# Other values that show something else, where the next field would not: the type of a sublink is the same in all subplans.
OTHERS = {
    "instr_time.size": lambda value: [24 - value],
    "list.length": lambda value: [value - 4, value + 4, value + 12],
    "sub_plan.plan_id": lambda value: [4],
}
COLUMNS = ("members", "member_count", "child", "child_list", "relation", "index", "target", "root_target", "detail1_at", "detail2_at")


def read(address, form):
    try:
        return struct.unpack(form, gdb.selected_inferior().read_memory(address, struct.calcsize(form)).tobytes())[0]
    except (gdb.MemoryError, OverflowError, TypeError):
        return None


def text(address):
    data = b""
    try:
        while address and b"\0" not in data and len(data) < 64:
            data += gdb.selected_inferior().read_memory(address + len(data), 16).tobytes()
    except (gdb.MemoryError, OverflowError):
        return None
    return data.split(b"\0")[0].decode(errors="replace") if address else ""


class Walk:
    """One reading of a tree with some layout and some table of nodes."""

    def __init__(self, layout, nodes):
        self.layout, self.types, self.nodes, self.seen = layout, nodes, [], set()

    def at(self, base, key, form="Q"):
        return read(base + self.layout[key], form) if base else None

    def pointers(self, base, count):
        return [read(base + 8 * i, "Q") for i in range(min(count or 0, MOST_NODES))] if base else []

    def list(self, address):
        return self.pointers(self.at(address, "list.elements"), self.at(address, "list.length", "i")) if address else []

    def relation(self, address):
        if not address:
            return None
        form = self.at(address, "relation.form")
        name = text(form + self.layout["form_pg_class.name"]) if form else None
        return [name, self.at(address, "relation.oid", "I"), self.at(address, "relation.file_number", "I")]

    def target(self, state, row):
        info = read(state + row["root_target"], "Q") if row["root_target"] else None
        info = info or (read(state + row["target"], "Q") if row["target"] else None)
        return self.at(info, "result_rel_info.relation") if info else None

    def figures(self, state):
        i = self.at(state, "plan_state.instrument")
        if not i:
            return None
        f = lambda name, form="d": self.at(i, "instrumentation." + name, form)
        running = f("running", "?")
        counter = 0
        if running:
            c = f("counter", "q")
            counter = c / 1e9
            if self.layout["instr_time.size"] == 16:
                counter = c + (read(i + self.layout["instrumentation.counter"] + 8, "q") or 0) / 1e9
        add = lambda a, b: None if a is None or b is None else a + (b if running else 0)
        wal = i + self.layout["instrumentation.wal"]
        return {
            "loops": add(f("loops"), 1), "rows": add(f("tuples"), f("tuple_count")),
            "filtered1": f("filtered1"), "filtered2": f("filtered2"),
            "startup": add(f("startup"), f("first_tuple")) if f("need_timer", "?") else None,
            "total": add(f("total"), counter) if f("need_timer", "?") else None,
            "buffers": [read(i + self.layout["instrumentation.buffers"] + 8 * k, "q") for k in range(10)] if f("need_buffers", "?") else None,
            "wal": [read(wal + self.layout["wal_usage." + k], "q") for k in ("records", "full_page_images", "bytes")] if f("need_wal", "?") else None,
        }

    def node(self, state, parent, relationship, name=""):
        if not state or len(self.nodes) >= MOST_NODES:
            return
        number = len(self.nodes)
        tag = read(state, "i")
        row = self.types.get(tag)
        plan = self.at(state, "plan_state.plan")
        row = row or dict.fromkeys(COLUMNS, 0) | {"name": f"unknown:{tag}", "detail1": "-", "detail2": "-"}
        details = {}
        for k in ("detail1", "detail2"):
            if row[k] != "-" and plan:
                value = read(plan + row[k + "_at"], "i")
                details[row[k]] = FACTS["values"].get(row[k], {}).get(str(value), f"unknown:{value}")
        scanned = read(state + row["relation"], "Q") if row["relation"] else self.target(state, row)
        self.nodes.append({
            "parent": parent, "relationship": relationship, "subplan": name, "type": row["name"], "details": details,
            "costs": [self.at(plan, "plan." + k, "d") for k in ("startup_cost", "total_cost", "plan_rows")],
            "width": self.at(plan, "plan.plan_width", "i"), "aware": self.at(plan, "plan.parallel_aware", "B"),
            "id": self.at(plan, "plan.plan_node_id", "i"),
            "relation": self.relation(scanned), "index": self.relation(read(state + row["index"], "Q") if row["index"] else None),
            "actual": self.figures(state),
        })
        self.subplans(self.at(state, "plan_state.init_plan"), number, "InitPlan")
        self.node(self.at(state, "plan_state.lefttree"), number, "Outer")
        self.node(self.at(state, "plan_state.righttree"), number, "Inner")
        if row["members"]:
            for member in self.pointers(read(state + row["members"], "Q"), read(state + row["member_count"], "i")):
                self.node(member, number, "Member")
        if row["child"]:
            self.node(read(state + row["child"], "Q"), number, "Subquery")
        if row["child_list"]:
            for child in self.list(read(state + row["child_list"], "Q")):
                self.node(child, number, "child")
        self.subplans(self.at(state, "plan_state.sub_plan"), number, "SubPlan")

    def subplans(self, address, number, relationship):
        for state in self.list(address) if address else []:
            plan = self.at(state, "sub_plan_state.subplan")
            id_ = self.at(plan, "sub_plan.plan_id", "i") if plan else None
            if id_ not in self.seen:
                self.seen.add(id_)
                self.node(self.at(state, "sub_plan_state.planstate"), number, relationship, text(self.at(plan, "sub_plan.plan_name")) if plan else None)


def walk(layout, nodes):
    query = int(gdb.parse_and_eval("(unsigned long) $rdi"))
    reading = Walk(layout, nodes)
    reading.node(read(query + layout["query_desc.planstate"], "Q"), -1, "")
    planned = read(query + FACTS["plannedstmt"], "Q")
    return {"nodes": reading.nodes, "modifies": read(planned + layout["planned_stmt.has_modifying_cte"], "B") if planned else None}


def variants(layout, nodes, present):
    """(fact, layout, nodes) with one value changed; of the node types only those that the tree has."""
    for key, value in layout.items():
        for other in OTHERS.get(key, lambda v: [v + (8 if v % 8 == 0 else 4 if v % 4 == 0 else 1)])(value):
            yield key, layout | {key: other}, nodes
    for tag, row in nodes.items():
        if row["name"] not in present:
            continue
        yield row["name"], layout, {t: r for t, r in nodes.items() if t != tag}
        for column in COLUMNS:
            steps = (4, 8, 12) if column == "member_count" else (4,) if column.startswith("detail") else (8,)
            for step in steps if row[column] else ():
                yield f"{row['name']}/{column}", layout, nodes | {tag: row | {column: row[column] + step}}


class Finish(gdb.Breakpoint):
    def stop(self):
        layout, nodes = FACTS["layout"], {int(t): r for t, r in FACTS["nodes"].items()}
        base = walk(layout, nodes)
        present = {n["type"] for n in base["nodes"]}
        proved = [key for key, l, n in variants(layout, nodes, present) if walk(l, n) != base]
        RESULT.write(json.dumps({**base, "proved": proved}) + "\n")
        RESULT.flush()
        return False


gdb.execute("handle SIGUSR1 SIGUSR2 SIGALRM SIGINT SIGTERM SIGHUP SIGURG SIGCHLD SIGPIPE nostop noprint pass")
Finish("*ExecutorFinish")
RESULT.write('"ready"\n')
RESULT.flush()
gdb.execute("continue")
