# Part of the launcher `pgstitch`: finding a JDK, building when sources changed, starting Java.
# shellcheck shell=bash

stamp=$root/target/build.stamp
build_log=$root/target/build.log
class_archive=$root/cli/target/pgstitch.jsa
modules=(bpf schemas testkit collector stream-processor exporter benchmarks cli)

# The functions on the way to Java leave what they find in variables: each process that a shell starts to have something printed takes a
# millisecond, and every command waits for it.

# Sets REPLY to the major version of the JDK in this directory. Every JDK since 9 says its version in this file; starting it to ask would cost
# more than all the rest of this script.
read_major() {
  local line
  [[ -r $1/release ]] || return 1
  while IFS= read -r line; do
    if [[ $line =~ ^JAVA_VERSION=\"([0-9]+) ]]; then
      REPLY=${BASH_REMATCH[1]}
      return
    fi
  done <"$1/release"
  return 1
}

usable_jdk() {
  [[ -x $1/bin/java && -x $1/bin/javac ]] && read_major "$1" && ((REPLY >= 17))
}

# Takes this one when it is nearer to 17 than what was found.
consider_jdk() {
  if [[ ! -L $1 ]] && usable_jdk "$1" && ((java_major == 0 || REPLY < java_major)); then
    java_home=$1 java_major=$REPLY
  fi
}

# Sets java_home and java_major: JAVA_HOME when that is 17 or later, else the one nearest to 17, which the tests run with.
find_java() {
  local home on_path
  java_home='' java_major=0
  if [[ -n ${JAVA_HOME:-} ]] && usable_jdk "$JAVA_HOME"; then
    java_home=$JAVA_HOME java_major=$REPLY
    return
  fi
  for home in /usr/lib/jvm/* /opt/java/*; do
    consider_jdk "$home"
  done
  if ((java_major != 17)) && on_path=$(command -v javac); then
    on_path=$(readlink -f "$on_path")
    consider_jdk "${on_path%/*/*}"
  fi
  [[ -n $java_home ]]
}

# Exports JAVA_HOME for Maven, too.
choose_java() {
  find_java || give_up "no JDK 17 or later was found" \
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
# Sets class_path.
order_jars() {
  local lib=$root/cli/target/lib jar
  class_path=$root/cli/target/pgstitch-cli.jar
  for jar in "$lib"/pgstitch-{bpf,collector,schemas}-*.jar "$lib"/picocli-*.jar "$lib"/{kafka-clients,avro,jackson-databind,slf4j-api,slf4j-jdk14}-*.jar; do
    class_path+=:$jar
  done
  class_path+=:$lib/*
}

# exec_java JVM_OPTION... MAIN_CLASS ARGUMENT...: replaces this shell, so that signals reach the program.
exec_java() {
  # Trees are drawn with characters that a POSIX locale lacks; what reads our output reads UTF-8.
  local options=(-Dsun.stdout.encoding=UTF-8 -Dsun.stderr.encoding=UTF-8 -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8)
  # Later releases warn about native methods of the class path unless they are allowed.
  ((java_major >= 22)) && options+=(--enable-native-access=ALL-UNNAMED)
  # One that does not fit, as after another JDK came, is left aside in silence.
  [[ -f $class_archive ]] && options+=("-XX:SharedArchiveFile=$class_archive" -Xlog:cds=off -Xlog:cds+dynamic=off)
  order_jars
  # shellcheck disable=SC2086 # several options in one variable
  exec "$java_home/bin/java" "${options[@]}" ${PGSTITCH_JAVA_OPTS:-} -Dpgstitch.home="$root" \
    -cp "$class_path" "$@"
}
