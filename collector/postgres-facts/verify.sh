#!/bin/sh
# Checks the folder of one PostgreSQL major on a live server; see verify.py.
# usage: verify.sh MAJOR BIN_DIR
set -eu
[ $# -eq 2 ] || { echo "usage: $0 MAJOR BIN_DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/verify.py" "$2" "$here/$1"
