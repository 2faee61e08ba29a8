#!/usr/bin/env python3
"""Prints types.tsv: the built-in data types of one major, as pg_type of a running server has them.

usage: generate-types.py BIN_DIR > N/types.tsv

BIN_DIR holds postgres and initdb. A type whose OID PostgreSQL gives out when a cluster is made (10000 and above: information_schema,
composite types of catalogs) is left out.
"""

import sys

from server import Server

FIRST_GENERATED_OID = 10000
SQL = f"""select oid, typname, typlen, typbyval::int, typalign, typtype, typelem from pg_type
          where oid < {FIRST_GENERATED_OID} and typtype in ('b', 'r', 'm', 'p') order by oid"""


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with Server(sys.argv[1]) as server:
        print("# Built-in data types on x86-64 Linux: OID, name, typlen, typbyval, typalign, typtype, typelem of pg_type.")
        print(f"# Made by generate-types.py from a live server, {server.version_num()}.")
        for row in server.session().query(SQL):
            print("\t".join(row))


main()
