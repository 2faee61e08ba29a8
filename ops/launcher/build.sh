# Part of the launcher `pgstitch`: finding a JDK, building when sources changed, starting Java.
# shellcheck shell=bash

stamp=$root/target/build.stamp
build_log=$root/target/build.log
class_archive=$root/cli/target/pgstitch.jsa
modules=(bpf schemas testkit collector stream-processor exporter benchmarks cli)

# Every JDK since 9 says its version in this file; starting it to ask would cost more than all the rest of this script.
# So would a process to read it.
java_major() {
  local line
  [[ -r $1/release ]] || return 1
  while IFS= read -r line; do
    if [[ $line =~ ^JAVA_VERSION=\"([0-9]+) ]]; then
      echo "${BASH_REMATCH[1]}"
      return
    fi
  done <"$1/release"
}

usable_jdk() {
  [[ -x $1/bin/java && -x $1/bin/javac ]] || return 1
  local major
  major=$(java_major "$1") || return 1
  [[ $major =~ ^[0-9]+$ ]] && ((major >= 17))
}

# Prints a JDK's directory: JAVA_HOME when that is 17 or later, else the one nearest to 17, which the tests run with.
find_java() {
  if [[ -n ${JAVA_HOME:-} ]] && usable_jdk "$JAVA_HOME"; then
    echo "$JAVA_HOME"
    return
  fi
  local home major on_path best='' best_major=0
  on_path=$(command -v javac || true)
  for home in /usr/lib/jvm/* /opt/java/* ${on_path:+"$(dirname "$(dirname "$(readlink -f "$on_path")")")"}; do
    [[ -L $home ]] && continue
    usable_jdk "$home" || continue
    major=$(java_major "$home")
    if ((best_major == 0 || major < best_major)); then
      best=$home best_major=$major
    fi
  done
  [[ -n $best ]] && echo "$best"
}

# Sets java_home and exports JAVA_HOME for Maven.
choose_java() {
  java_home=$(find_java) || give_up "no JDK 17 or later was found" \
    "Install one (openjdk-17-jdk-headless) or set JAVA_HOME; on Debian and Ubuntu \`sudo ./pgstitch demo\` installs it."
  export JAVA_HOME=$java_home
}

# One digest over everything the build reads, so that a checkout that only touches times builds nothing.
sources_digest() {
  (
    cd "$root"
    find pom.xml .mvn "${modules[@]}" \( -name target -o -path '*/src/test' \) -prune -o -type f ! -name '*.md' -print0 |
      LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
  )
}

record_build() {
  mkdir -p "$root/target"
  printf '%s\n' "$1" >"$stamp"
}

# Two launchers that start at once must not build into the same directories.
with_build_lock() {
  mkdir -p "$root/target"
  local status=0
  exec 9>"$root/target/build.lock"
  flock -n 9 || {
    say "another build of this directory is running; waiting for it"
    flock 9
  }
  "$@" 9>&- || status=$?
  exec 9>&-
  return "$status"
}

# The stamp goes first: a failed build leaves no class path that could be taken for a good one.
run_maven() {
  rm -rf "$stamp" "$root/cli/target/lib" "$class_archive"
  (cd "$root" && mvn -B "$@")
}

build() {
  local sources
  sources=$(sources_digest)
  [[ -f $stamp && $(<"$stamp") == "$sources" ]] && return 0
  say "building (sources changed or first use; the log is target/build.log)"
  local started=$SECONDS
  if ! run_maven package -Dmaven.test.skip=true -Dspotless.check.skip=true >"$build_log" 2>&1; then
    grep -E '^\[ERROR\]' "$build_log" | head -n 30 >&2 || tail -n 30 "$build_log" >&2
    say "the build failed; the whole log is $build_log"
    exit 1
  fi
  record_build "$sources"
  say "built in $((SECONDS - started)) s"
}

# PGSTITCH_SKIP_BUILD is set by the build itself for the tests that start this launcher.
ensure_built() {
  if [[ -z ${PGSTITCH_SKIP_BUILD:-} ]] && ! { [[ -f $stamp ]] && [[ $(<"$stamp") == $(sources_digest) ]]; }; then
    install_missing "${build_packages[@]}"
    choose_java
    with_build_lock build
  fi
  choose_java
}

# A class or a file is looked for in one jar after the other, each of which is opened and read for it: ours come first, and what every command needs.
class_path() {
  local lib=$root/cli/target/lib jar path=$root/cli/target/pgstitch-cli.jar
  for jar in "$lib"/pgstitch-{bpf,collector,schemas}-*.jar "$lib"/picocli-*.jar "$lib"/{kafka-clients,avro,jackson-databind,slf4j-api,slf4j-jdk14}-*.jar; do
    path+=:$jar
  done
  printf '%s' "$path:$lib/*"
}

# exec_java JVM_OPTION... MAIN_CLASS ARGUMENT...: replaces this shell, so that signals reach the program.
exec_java() {
  # Trees are drawn with characters that a POSIX locale lacks; what reads our output reads UTF-8.
  local options=(-Dsun.stdout.encoding=UTF-8 -Dsun.stderr.encoding=UTF-8 -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8)
  # Later releases warn about native methods of the class path unless they are allowed.
  (($(java_major "$java_home") >= 22)) && options+=(--enable-native-access=ALL-UNNAMED)
  # One that does not fit, as after another JDK came, is left aside in silence.
  [[ -f $class_archive ]] && options+=("-XX:SharedArchiveFile=$class_archive" -Xlog:cds=off -Xlog:cds+dynamic=off)
  # shellcheck disable=SC2086 # several options in one variable
  exec "$java_home/bin/java" "${options[@]}" ${PGSTITCH_JAVA_OPTS:-} -Dpgstitch.home="$root" \
    -cp "$(class_path)" "$@"
}
