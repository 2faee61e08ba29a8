#!/bin/sh
# Writes the folder of one PostgreSQL major and checks it on a live server.
#
# usage: generate.sh MAJOR BIN_DIR INCLUDE_DIR   from server headers (the directory that holds postgres.h)
#        generate.sh MAJOR BIN_DIR               without headers: from the folders of the majors below and above
set -eu
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
major=$1
bin=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

version_num=$("$bin/postgres" -V | awk '{ split($3, part, "."); printf "%d%04d", part[1], part[2] }')
if [ "$((version_num / 10000))" -ne "$major" ]; then
  echo "$bin/postgres is not PostgreSQL $major but $version_num: name the directory of the right binaries" >&2
  exit 1
fi

python3 "$here/generate-tables.py" "$bin" "$here/$major"
if [ $# -eq 3 ]; then
  ${CC:-cc} -O2 -Wall -Wno-unknown-pragmas -D_GNU_SOURCE -I"$3" -o "$scratch/layout" "$here/generate-layout.c"
  "$scratch/layout" "$version_num" > "$scratch/layout.properties"
else
  python3 "$here/derive-layout.py" "$bin" "$here/$major" \
    "$here/$((major - 1))/layout.properties" "$here/$((major + 1))/layout.properties" > "$scratch/layout.properties"
fi
cp "$scratch/layout.properties" "$here/$major/layout.properties"
python3 "$here/verify.py" "$bin" "$here/$major"
