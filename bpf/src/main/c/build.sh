#!/usr/bin/env bash
# Builds the kernel programs for x86-64 and arm64, and the JNI library for this machine.
# usage: build.sh OUTPUT_DIRECTORY; clang, gcc, libbpf's headers and a JDK must be there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh OUTPUT_DIRECTORY}
machine=$(uname -m)
jdk=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}
triplet=$(gcc -dumpmachine)
for tool in clang gcc; do
  command -v "$tool" >/dev/null || { echo "build.sh: $tool is missing; apt-get install clang gcc libbpf-dev libelf-dev" >&2; exit 1; }
done
[ -e /usr/include/bpf/bpf_helpers.h ] || { echo "build.sh: libbpf's headers are missing; apt-get install libbpf-dev" >&2; exit 1; }

for arch in x86 arm64; do
  name=$([ $arch = x86 ] && echo x86_64 || echo aarch64)
  dir="$out/native/linux-$name"
  mkdir -p "$dir"
  clang -O2 -g -Wall -Werror -target bpf -D__TARGET_ARCH_$arch -I"/usr/include/$triplet" -I"$here" \
    -c "$here/kernel/pgstitch.bpf.c" -o "$dir/pgstitch.bpf.o"
  if command -v llvm-strip >/dev/null; then llvm-strip -g "$dir/pgstitch.bpf.o"; fi
done

dir="$out/native/linux-$machine"
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -I"$jdk/include" -I"$jdk/include/linux" -I"$here" \
  "$here"/loader/*.c -o "$dir/libpgstitch_bpf.so" -lbpf
# Carried for hosts that have no libbpf of their own.
for library in libbpf.so.1 libelf.so.1; do
  path=$(ldconfig -p | awk -v l="$library" '$1 == l && !found {print $NF; found = 1}')
  if [ -n "$path" ]; then cp -L "$path" "$dir/$library"; fi
done
