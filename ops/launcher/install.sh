# Part of the launcher `pgstitch`: which packages of Debian and Ubuntu are needed, and how the missing ones are installed.
# shellcheck shell=bash

build_packages=(jdk maven clang llvm gcc libc6-dev libbpf-dev libelf-dev zlib1g-dev bpftool)
demo_packages=(postgresql)
test_packages=(postgresql postgresql-contrib postgresql-headers xz-utils kcat curl docker-compose)

# Where the tests look for a server's headers besides /usr/include.
server_headers=/var/cache/pgstitch-testkit/headers

# Asks for the thing itself, not for a package: a JDK from elsewhere is as good as Debian's.
have() {
  case $1 in
    jdk) find_java ;;
    maven) command -v mvn >/dev/null ;;
    clang | gcc | kcat | curl | docker-compose) command -v "$1" >/dev/null ;;
    llvm) command -v llvm-strip >/dev/null ;;
    xz-utils) command -v xz >/dev/null ;;
    bpftool) command -v bpftool >/dev/null || [[ -x /usr/sbin/bpftool ]] ;;
    libc6-dev) [[ -e /usr/include/stdio.h ]] ;;
    libbpf-dev) [[ -e /usr/include/bpf/libbpf.h ]] ;;
    libelf-dev) [[ -e /usr/include/libelf.h ]] ;;
    zlib1g-dev) [[ -e /usr/include/zlib.h ]] ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ;;
    postgresql-contrib) compgen -G '/usr/share/postgresql/*/extension/pg_stat_statements.control' >/dev/null ;;
    postgresql-headers) compgen -G '/usr/include/postgresql/*/server/postgres.h' >/dev/null || compgen -G "$server_headers/usr/include/postgresql/*/server/postgres.h" >/dev/null ;;
    *) return 1 ;;
  esac
}

# The newest JDK package up to 17 is what the tests run with; a release without 17 has a later one.
jdk_package() {
  local version
  for version in 17 21 25; do
    if [[ -n $(apt-cache search --names-only "^openjdk-$version-jdk-headless\$") ]]; then
      echo "openjdk-$version-jdk-headless"
      return
    fi
  done
  echo default-jdk-headless
}

# Ubuntu ships bpftool in the package of the kernel's tools.
bpftool_package() {
  if [[ -n $(apt-cache search --names-only '^bpftool$') ]]; then echo bpftool; else echo linux-tools-generic; fi
}

# install_missing NAME...: installs those that are not there; needs root and apt.
install_missing() {
  local name missing=()
  for name in "$@"; do
    have "$name" || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null; then
    give_up "missing on this host: ${missing[*]}" \
      "Only Debian and Ubuntu are installed by this command. Install these with your package manager and run it again."
  fi
  if ((EUID != 0)); then
    give_up "missing on this host: ${missing[*]}" "Run this command once as root (sudo), it installs them with apt-get."
  fi
  say "installing with apt-get: ${missing[*]}"
  mkdir -p "$root/target"
  local log=$root/target/install.log
  if ! apt_install "${missing[@]}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    give_up "apt-get could not install them; the end of $log is above" "Install them by hand and run this command again."
  fi
  for name in "${missing[@]}"; do
    have "$name" || give_up "$name is still missing after apt-get installed its package" "See $log."
  done
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  local name packages=()
  for name in "$@"; do
    case $name in
      jdk) packages+=("$(jdk_package)") ;;
      bpftool) packages+=("$(bpftool_package)") ;;
      postgresql-headers) ;;
      *) packages+=("$name") ;;
    esac
  done
  # Debian's postgresql starts a server at once. pgstitch makes its own throwaway ones, so that server would only be in the way.
  local no_cluster=/etc/postgresql-common/createcluster.d/pgstitch.conf status=0
  if [[ " ${packages[*]} " == *" postgresql "* ]]; then
    apt-get install -y -q --no-install-recommends postgresql-common
    mkdir -p "${no_cluster%/*}"
    echo 'create_main_cluster = false' >"$no_cluster"
  fi
  apt-get install -y -q --no-install-recommends "${packages[@]}" || status=$?
  rm -f "$no_cluster"
  if [[ " $* " == *" postgresql-headers "* ]]; then
    unpack_headers || status=$?
  fi
  return "$status"
}

# The headers of the packaged servers alone: installing their package would bring an LLVM with it that nothing needs.
unpack_headers() {
  local server major dir status=0
  dir=$(mktemp -d)
  for server in /usr/lib/postgresql/*/bin/postgres; do
    major=${server#/usr/lib/postgresql/}
    major=${major%%/*}
    mkdir -p "$server_headers"
    (cd "$dir" && apt-get download -q "postgresql-server-dev-$major" && dpkg -x ./postgresql-server-dev-"$major"_*.deb "$server_headers") || status=$?
  done
  rm -r "$dir"
  return "$status"
}
