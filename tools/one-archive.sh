#!/bin/sh
# one-archive.sh OUT SHARED ARCHIVE…: an archive of one object with all of ARCHIVE…, whose global symbols are those that SHARED shows.
set -eu
out=$1 shared=$2
shift 2
rm -f "$out" "$out.o" "$out.names"
${CC:-cc} -r -nostdlib -o "$out.o" -Wl,--whole-archive "$@"
nm -D --defined-only --format=posix "$shared" | awk '$2 == "T" { print $1 }' > "$out.names"
objcopy --keep-global-symbols="$out.names" "$out.o"
${AR:-ar} rcs "$out" "$out.o"
rm -f "$out.o" "$out.names"
