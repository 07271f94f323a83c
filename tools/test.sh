#!/bin/sh
# test.sh [PATTERN]: builds with ASan and UBSan and runs the programs of tests, then the node tests, each file whose path matches, two at a time
# (JOBS=1: one after the other: they wait more than they work); ends with `N passed, N failed`. `make test` runs it under tools/with-postgres.sh.
set -eu
cd "$(dirname "$0")/.."

# What a program or a file says, in one piece: its faults, then `NAME: N passed, N failed`.
program() { # PROGRAM LOG
    "$1" > "$2" 2>&1 || cat "$2"
    last=$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' "$2" | tail -n 1)
    [ -n "$last" ] || echo "$1 ended without a result"
    echo "$(basename "$1"): ${last:-0 passed, 1 failed}"
}

# The first faults, and the last: what a server said when it ended comes behind all that it did not answer.
ends() {
    awk 'NR <= 120 { print; next } { rest[NR % 120] = $0 }
         END { if (NR > 240) print "(…)"; for (i = NR > 240 ? NR - 119 : 121; i <= NR; i++) print rest[i % 120] }'
}

file() { # FILE LOG
    timeout 900 test/node_modules/.bin/node --test --test-reporter=tap "$1" > "$2" 2>&1 || grep -avE '^ *(#|ok|duration_ms|type|---|\.\.\.)' "$2" | ends
    ok=$(grep -acE '^ *ok [0-9]' "$2") || true
    bad=$(grep -acE '^ *not ok [0-9]' "$2") || true
    [ "$((ok + bad))" -gt 0 ] || bad=1
    echo "$1: $ok passed, $bad failed"
}

if [ "${1-}" = --one ]; then
    log=$(mktemp)
    case $2 in *.mjs) said=$(file "$2" "$log") ;; *) said=$(program "$2" "$log") ;; esac
    rm -f "$log"
    echo "$said"
    exit 0
fi

pattern=${1:-.}
test -d build/asan || meson setup build/asan -Db_sanitize=address,undefined -Dbuildtype=debugoptimized
ninja -C build/asan
{
    find build/asan/test -type f -name 'unit-*' -perm -u+x | sort
    find test -path test/node_modules -prune -o -name '*.test.mjs' -print | sort
} | { grep -E "$pattern" || true; } | xargs -r -n 1 -P "${JOBS:-2}" tools/test.sh --one | tee build/asan/test.log
awk '/: [0-9]+ passed, [0-9]+ failed$/ { passed += $(NF - 3); failed += $(NF - 1) }
     END { print passed + 0 " passed, " failed + 0 " failed"; exit failed > 0 || passed == 0 }' build/asan/test.log
