#!/bin/sh
# Writes binds.properties and types.tsv of one PostgreSQL major.
#
# usage: generate-binds.sh MAJOR BIN_DIR INCLUDE_DIR   from server headers (the directory that holds postgres.h)
#        generate-binds.sh MAJOR BIN_DIR               types.tsv alone
set -eu
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

python3 "$here/generate-types.py" "$2" > "$scratch/types.tsv"
cp "$scratch/types.tsv" "$here/$1/types.tsv"
if [ $# -eq 3 ]; then
  ${CC:-cc} -O2 -Wall -Wno-unknown-pragmas -D_GNU_SOURCE -I"$3" -o "$scratch/layout" "$here/generate-binds-layout.c"
  "$scratch/layout" > "$scratch/binds.properties"
  cp "$scratch/binds.properties" "$here/$1/binds.properties"
fi
