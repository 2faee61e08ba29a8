#!/bin/sh
# Writes what is known of plan trees of one PostgreSQL major from its server headers (the directory that holds postgres.h).
# usage: generate-plans.sh MAJOR INCLUDE_DIR; verify-plans.py checks it
set -eu
[ $# -eq 2 ] || { echo "usage: $0 MAJOR INCLUDE_DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
grep -q "^#define PG_MAJORVERSION \"$1\"" "$2/pg_config.h" "$2"/pg_config_x86_64.h 2>/dev/null ||
  { echo "$2 does not hold the headers of PostgreSQL $1" >&2; exit 1; }
${CC:-cc} -O2 -Wall -Wno-unknown-pragmas -D_GNU_SOURCE -I"$2" -o "$scratch/plans" "$here/generate-plan-layout.c"
"$scratch/plans" layout > "$here/$1/plan-layout.properties"
"$scratch/plans" nodes > "$here/$1/plan-nodes.tsv"
"$scratch/plans" values > "$here/$1/plan-values.tsv"
