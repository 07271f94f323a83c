#!/bin/sh
# check.sh: what a commit must pass beside the tests: format, layers, forbidden calls, documents printed from tables. Then, as a list to make shorter,
# the longest functions.
set -eu
cd "$(dirname "$0")/.."
faults=0
fault() {
    echo "$*"
    faults=$((faults + 1))
}

for file in $(git ls-files '*.c' '*.h'); do
    clang-format-14 --dry-run -Werror "$file" > /dev/null 2>&1 || fault "$file: clang-format-14 -i would change it"
done

tools/layers.sh || fault "layers: see above"

# base.h bans names in our sources; this finds them in what was linked, whichever way they came.
symbols() { # ARCHIVE…
    nm -u "$@" 2> /dev/null | awk '$1 == "U" { sub(/@.*/, "", $2); print $2 }' | sort -u
}
forbid() { # ARCHIVES NAMES WHY
    for name in $2; do
        symbols $1 | grep -qx "$name" && fault "$name is called in $1: $3"
    done || true
}
all=$(find build/asan/src build/asan/lib -name 'lib*.a' 2> /dev/null || true)
forbid "$all" 'strcpy strcat sprintf vsprintf strtok atoi atol atof gmtime localtime asctime ctime popen system gets tmpnam mktemp rand srand random' \
    'it has a bounded or safer sister'
for name in dialect directory store json model; do
    archive=build/asan/src/$name/lib$name.a
    [ -f "$archive" ] || continue
    forbid "$archive" 'PQexec PQexecParams poll select sleep usleep nanosleep getaddrinfo fopen open read write connect recv send' \
        'it would block a loop'
done

tools/docs.sh --check || fault "documents: see above"

echo "longest functions (lines):"
git ls-files 'src/*.c' 'lib/*.c' 'cli/*.c' | xargs awk '
    /^[a-zA-Z_].*\)$/ { name = $0; start = FNR }
    /^}/ && name != "" { print FNR - start + 1, FILENAME ": " name; name = "" }' | sort -rn | head -n 10

[ "$faults" = 0 ] && echo "check: no faults" || { echo "check: $faults faults"; exit 1; }
