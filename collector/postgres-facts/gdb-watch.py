"""Runs inside gdb, attached to a backend: reads structs at the offsets of a layout. Called by verify.py.

Reads the backend once where it stands; with FOLLOW=1 then lets it run and appends a JSON line to RESULT for every call of
the functions below, which is there before the backend goes on.
"""

import json
import os
import struct

import gdb

LAYOUT = json.loads(os.environ["LAYOUT"])
RESULT = open(os.environ["RESULT"], "a")
ARGUMENTS = ("rdi", "rsi", "rdx", "rcx", "r8", "r9")


def symbol(name):
    """Address of a variable, None if the binary has no such symbol."""
    try:
        return int(gdb.parse_and_eval(f"(unsigned long) &{name}"))
    except gdb.error:
        return None


def argument(number):
    return int(gdb.parse_and_eval(f"(unsigned long) ${ARGUMENTS[number]}"))


def number(address, form):
    """The value in the server's memory, None where nothing can be read."""
    try:
        return struct.unpack(form, gdb.selected_inferior().read_memory(address, struct.calcsize(form)).tobytes())[0]
    except (gdb.MemoryError, OverflowError, TypeError):
        return None


def text(address):
    data = b""
    try:
        while address and b"\0" not in data and len(data) < 4096:
            data += gdb.selected_inferior().read_memory(address + len(data), 16).tobytes()
    except (gdb.MemoryError, OverflowError):
        return None
    return data.split(b"\0")[0].decode(errors="replace") if address else None


def field(base, key, form):
    """Reads a field; text ("s") lies in the struct, a string ("*s") behind a pointer. None when the layout lacks the key."""
    if base is None or key not in LAYOUT:
        return None
    address = base + LAYOUT[key]
    if form == "s":
        return text(address)
    if form == "*s":
        return text(number(address, "Q"))
    return number(address, form)


def fields(base, prefix, **forms):
    return {f"{prefix}.{name}": field(base, f"{prefix}.{name}", form) for name, form in forms.items()}


def pointed(name):
    """The pointer that a global variable holds."""
    address = symbol(name)
    return number(address, "Q") if address else None


def planned_stmt(address):
    seen = fields(address, "planned_stmt", command_type="i", query_id="q", utility_stmt="Q", stmt_location="i", stmt_len="i")
    utility = seen["planned_stmt.utility_stmt"]
    return {"address": address, **seen, "utility_tag": number(utility, "i") if utility else None}


def relations(estate):
    """The relations that the executor has opened, each as (oid, name, tablespace, database, file, class's file, tablespace, shared)."""
    count, first = field(estate, "estate.es_range_table_size", "I"), field(estate, "estate.es_relations", "Q")
    if not count or count > 100 or not first:
        return []
    opened = (number(first + 8 * i, "Q") for i in range(count))
    return [relation(address) for address in opened if address]


def relation(address):
    row = field(address, "relation.rd_rel", "Q") or None
    locator = address + LAYOUT["relation.rd_locator"]
    return {
        "locator": [number(locator + 4 * i, "I") for i in range(3)],
        **fields(address, "relation", rd_id="I", rd_backend="i"),
        **fields(row, "class", relname="s", relfilenode="I", reltablespace="I", relisshared="B"),
    }


def query_desc():
    address = argument(0)
    plannedstmt = field(address, "query_desc.plannedstmt", "Q")
    estate = field(address, "query_desc.estate", "Q")
    return {
        **fields(address, "query_desc", operation="i", source_text="*s"),
        **fields(estate, "estate", es_processed="Q"),
        "relations": relations(estate),
        **planned_stmt(plannedstmt),
        **fields(pointed("MyProc"), "pgproc", lxid="I", xid="I"),
        **fields(pointed("MyPgXact"), "pgxact", xid="I"),
        "state": field(pointed("MyBEEntry"), "backend_status.state", "i"),
    }


def statement_list():
    """PortalDefineQuery(portal, prepStmtName, sourceText, commandTag, stmts, cplan)"""
    stmts = argument(4)
    return {
        "list.length": field(stmts, "list.length", "i"),
        "first": number(field(stmts, "list.elements", "Q"), "Q"),
    }


def lock():
    tag = argument(0) + LAYOUT["locallock.tag"]
    return {
        "database": number(tag, "I"),
        "relation": number(tag + 4, "I"),
        "type": number(tag + 14, "B"),
        "locallock.mode": field(argument(0), "locallock.mode", "i"),
        "holders": holders(field(argument(0), "locallock.lock", "Q")),
    }


def holders(wanted):
    """Those who hold the lock or wait for it: pid of the group's leader, modes held."""
    if not wanted or "lock.proc_locks" not in LAYOUT:
        return []
    found, head = [], wanted + LAYOUT["lock.proc_locks"]
    link = number(head + 8, "Q")
    while link and link != head and len(found) < 100:
        entry = link - LAYOUT.get("proclock.lock_link", 0)
        if field(entry, "proclock.my_lock", "Q") == wanted:
            leader = field(entry, "proclock.group_leader", "Q")
            found.append([field(leader, "pgproc.pid", "i"), field(entry, "proclock.hold_mask", "i")])
        link = number(link + 8, "Q")
    return found


def sent_string():
    """pq_sendstring(StringInfo buf, const char *str)"""
    seen = fields(argument(0), "string_info", data="Q", len="i", cursor="i")
    last = seen["string_info.len"]
    code = number(seen["string_info.data"] + last - 1, "B") if last and seen["string_info.data"] else None
    cursor = seen["string_info.cursor"]
    return {**seen, "type": None if cursor is None else chr(cursor & 0xFF), "code": chr(code) if code else None, "text": text(argument(1))}


CALLS = {
    "standard_ExecutorRun": query_desc,
    "standard_ExecutorEnd": query_desc,
    "standard_ProcessUtility": lambda: planned_stmt(argument(0)),
    "PortalDefineQuery": statement_list,
    "PortalStart": lambda: fields(argument(0), "portal", name="*s", prep_stmt_name="*s", source_text="*s"),
    "EndCommand": lambda: fields(argument(0), "query_completion", command_tag="i", nprocessed="Q"),
    "ProcSleep": lock,
    "pq_sendstring": sent_string,
    "ThrowErrorData": lambda: fields(argument(0), "error_data", sqlerrcode="i"),
    "pgstat_report_activity": lambda: {"activity": argument(0) & 0xFFFFFFFF},
}


def record(at, values):
    RESULT.write(json.dumps({"at": at, **values}) + "\n")
    RESULT.flush()


class Call(gdb.Breakpoint):
    def stop(self):
        record(self.location.lstrip("*"), CALLS[self.location.lstrip("*")]())
        return False


def snapshot():
    entry = pointed("MyBgworkerEntry")
    return {
        **fields(pointed("MyProcPort") or None, "port", remote_host="*s", remote_port="*s", database_name="*s", user_name="*s",
                 application_name="*s"),
        "application_name": text(pointed("application_name")),
        **fields(pointed("MyProc"), "pgproc", wait_event_info="I", pid="i"),
        "leader": field(field(pointed("MyProc"), "pgproc.lock_group_leader", "Q") or None, "pgproc.pid", "i"),
        "my_wait_event_info": number(pointed("my_wait_event_info"), "I") if symbol("my_wait_event_info") else None,
        **fields(entry or None, "background_worker", function_name="s", notify_pid="i", type="s", main_arg="Q", extra="i"),
        "backend_type": number(symbol("MyBackendType"), "I"),
        "state": field(pointed("MyBEEntry"), "backend_status.state", "i"),
    }


if os.environ.get("FOLLOW") == "1":
    gdb.execute("handle SIGUSR1 SIGUSR2 SIGALRM SIGINT SIGTERM SIGHUP SIGURG SIGCHLD SIGPIPE nostop noprint pass")
    for function in CALLS:
        # The first instruction ("*"), where the arguments are still in their registers.
        Call(f"*{function}")
record("attach", snapshot())
if os.environ.get("FOLLOW") == "1":
    gdb.execute("continue")
else:
    gdb.execute("detach")
