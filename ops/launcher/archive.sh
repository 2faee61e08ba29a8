#!/usr/bin/env bash
# Writes the archive of classes from which the launcher's JVMs start faster. Run by the build once the jars are there.
set -euo pipefail

root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
# shellcheck source=ops/launcher/build.sh
source "$root/ops/launcher/build.sh"

give_up() {
  printf '%s\n' "$@" >&2
  exit 3
}

unfinished=$class_archive.unfinished
rm -f "$class_archive" "$unfinished"
choose_java
# A JVM that cannot write it costs the fast start, not the build.
if (PGSTITCH_JAVA_OPTS='' exec_java "-XX:ArchiveClassesAtExit=$unfinished" -Xlog:disable -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx1g \
  io.pgstitch.cli.WarmUp "$root/cli/target/warm-up" "$root/cli/target/pgstitch-cli.jar" "$root"/cli/target/lib/pgstitch-*.jar) && [[ -f $unfinished ]]; then
  mv "$unfinished" "$class_archive"
else
  rm -rf "$unfinished" "$root/cli/target/warm-up"
  echo "no archive of classes was written; pgstitch works and starts more slowly" >&2
fi
