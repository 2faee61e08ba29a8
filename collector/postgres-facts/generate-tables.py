#!/usr/bin/env python3
"""Writes wait-event-classes.tsv, wait-events.tsv and command-tags.tsv of one major by asking a running server's own functions.

usage: generate-tables.py BIN_DIR OUT_DIR

BIN_DIR holds initdb and postgres; postgres needs its .symtab, because the number of command tags is the size of the
local symbol tag_behavior. Needs gdb and nm, and the right to attach to a process (root, or kernel.yama.ptrace_scope=0).
"""

import json
import os
import pathlib
import subprocess
import sys

from server import Server, sleeping, until

HERE = pathlib.Path(__file__).resolve().parent
TAG_BEHAVIOR_BYTES = 16  # sizeof(CommandTagBehavior) in 13-18: a pointer and up to four bytes, aligned


def tag_count(postgres):
    for line in subprocess.check_output(["nm", "-S", postgres], text=True).splitlines():
        fields = line.split()
        if fields[-1] == "tag_behavior":
            return int(fields[1], 16) // TAG_BEHAVIOR_BYTES
    raise SystemExit(f"{postgres} has no symbol tag_behavior: use a binary with .symtab")


def ask(server):
    watcher, asked = server.session(), server.session()
    asked.start("select pg_sleep(600)")
    until("backend in pg_sleep", lambda: sleeping(watcher, asked.pid))
    result = server.directory / "tables.json"
    environment = dict(os.environ, TAG_COUNT=str(tag_count(server.postgres)), RESULT=str(result))
    command = ["gdb", "-nx", "-q", "-batch", "-p", str(asked.pid), "-x", str(HERE / "gdb-tables.py"), str(server.postgres)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if not result.exists():
        raise SystemExit(f"gdb gave no result:\n{done.stdout}")
    return json.loads(result.read_text())


def write(path, header, rows):
    path.write_text("".join("\t".join(row) + "\n" for row in [header, *rows]))


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    out = pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    with Server(sys.argv[1]) as server:
        answer = ask(server)
    write(out / "wait-event-classes.tsv", ("#id_hex", "class"), [(f"0x{n << 24:08X}", name) for n, name in answer["classes"]])
    write(
        out / "wait-events.tsv",
        ("#id_hex", "class", "name"),
        [(f"0x{i:08X}", c, name) for n, c in answer["classes"] for i, name in answer["events"][str(n)]],
    )
    write(out / "command-tags.tsv", ("#tag_number", "name"), [(str(n), name) for n, name in enumerate(answer["tags"])])


main()
