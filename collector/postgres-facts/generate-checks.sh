#!/bin/sh
# Writes checks.properties of one PostgreSQL major.
#
# usage: generate-checks.sh MAJOR INCLUDE_DIR   (the directory that holds postgres.h)
set -eu
if [ $# -ne 2 ]; then
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
${CC:-cc} -O2 -Wall -Wno-unknown-pragmas -D_GNU_SOURCE -I"$2" -o "$scratch/checks" "$here/generate-checks.c"
"$scratch/checks" > "$scratch/checks.properties"
cp "$scratch/checks.properties" "$here/$1/checks.properties"
