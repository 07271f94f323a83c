#!/bin/sh
# test.sh [PATTERN]: builds with ASan and UBSan and runs the programs of tests, then the node tests, each file whose path matches; ends with
# `N passed, N failed`. `make test` runs it under tools/with-postgres.sh.
set -eu
cd "$(dirname "$0")/.."
pattern=${1:-.}
test -d build/asan || meson setup build/asan -Db_sanitize=address,undefined -Dbuildtype=debugoptimized
ninja -C build/asan
passed=0 failed=0
log=build/asan/test.log

count() { # PASSED FAILED NAME
    echo "$3: $1 passed, $2 failed"
    passed=$((passed + $1))
    failed=$((failed + $2))
}

for program in $(find build/asan/test -type f -name 'unit-*' -perm -u+x | grep -E "$pattern" | sort); do
    "$program" > $log 2>&1 || cat $log
    last=$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' $log | tail -n 1)
    if [ -z "$last" ]; then
        echo "$program ended without a result"
        last='0 passed, 1 failed'
    fi
    n=${last#*, }
    count "${last%% passed*}" "${n%% failed*}" "$(basename "$program")"
done

node=test/node_modules/.bin/node
for file in $(find test -path test/node_modules -prune -o -name '*.test.mjs' -print | grep -E "$pattern" | sort); do
    timeout 600 $node --test --test-reporter=tap "$file" > $log 2>&1 || grep -avE '^ *(#|ok|duration_ms|type|---|\.\.\.)' $log | head -n 120
    ok=$(grep -acE '^ *ok [0-9]' $log) || true
    bad=$(grep -acE '^ *not ok [0-9]' $log) || true
    [ "$((ok + bad))" -gt 0 ] || bad=1
    count "$ok" "$bad" "$file"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
