#!/usr/bin/env python3
"""Prints layout.properties of a major without headers at hand, from its two neighbours and a live server of it.

usage: derive-layout.py BIN_DIR FACTS_DIR LOWER_LAYOUT UPPER_LAYOUT

FACTS_DIR must hold the tables of the major (generate-tables.py). Where the neighbours agree their value is taken, where
they differ the one that verify.py's checks prove right on the server; both or neither right is an error.
"""

import pathlib
import subprocess
import sys

from verify import read_properties, right, verify


def read_comments(path):
    """The comment lines above each key."""
    comments, pending = {}, []
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith("#"):
            pending.append(line)
        elif line:
            comments[line.split("=")[0]], pending = pending, []
    return comments


def version_num(bin_dir):
    """'postgres (PostgreSQL) 14.24' is 140024."""
    printed = subprocess.check_output([pathlib.Path(bin_dir) / "postgres", "-V"], text=True).split()[2]
    major, minor = printed.split(".")
    return int(major) * 10000 + int(minor)


def passes(bin_dir, facts, layout):
    results, _ = verify(bin_dir, facts, {k: v for k, v in layout.items() if v is not None})
    return {key: key in results and right(results[key]) for key in layout}


def decide(bin_dir, facts, lower, upper):
    """Returns {key: (value, how)}; value None means that this major has no such thing."""
    version = version_num(bin_dir)
    keys = [*upper, *(k for k in lower if k not in upper)]
    proofs = []
    for neighbour in (lower, upper):
        proofs.append(passes(bin_dir, facts, {key: neighbour.get(key) for key in keys} | {"version_num": version}))
    decided = {}
    for key in keys:
        low, high = lower.get(key), upper.get(key)
        if key == "version_num":
            decided[key] = (version, "")
        elif low == high:
            decided[key] = (low, "both neighbours agree")
        elif proofs[0][key] == proofs[1][key]:
            raise SystemExit(f"{key}: {low} and {high} are {'both' if proofs[0][key] else 'neither'} right on the live server")
        else:
            decided[key] = (low if proofs[0][key] else high, f"neighbours have {low} and {high}, the live server decided")
    return decided


def main():
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    bin_dir, facts, lower_path, upper_path = sys.argv[1:]
    lower, upper = read_properties(lower_path), read_properties(upper_path)
    comments = read_comments(lower_path) | read_comments(upper_path)
    majors = [layout["version_num"] // 10000 for layout in (lower, upper)]
    decided = decide(bin_dir, facts, lower, upper)
    print(f"# Facts about PostgreSQL {majors[0] + 1} on x86-64 Linux: byte offsets of struct fields and values of enums.")
    print(f"# How established: from the layouts of {majors[0]} and {majors[1]} (derive-layout.py): a value that both have was taken,")
    print("# of two different ones the one that a live server of version_num proved right; then all were checked by verify.py.")
    for key, (value, how) in decided.items():
        if value is None:
            continue
        if key != "version_num":
            print("\n".join([*comments[key][:-1], f"{comments[key][-1]}; {how}"]))
        print(f"{key}={value}")


main()
