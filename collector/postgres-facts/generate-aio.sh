#!/bin/sh
# Writes asynchronous-io.properties of one PostgreSQL major, 18 or later.
#
# usage: generate-aio.sh MAJOR INCLUDE_DIR   (the directory that holds postgres.h)
set -eu
if [ $# -ne 2 ]; then
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
${CC:-cc} -O2 -Wall -Wno-unknown-pragmas -D_GNU_SOURCE -I"$2" -o "$scratch/aio" "$here/generate-aio.c"
"$scratch/aio" > "$scratch/aio.properties"
cp "$scratch/aio.properties" "$here/$1/asynchronous-io.properties"
