#!/bin/sh
# test.sh: builds with ASan and UBSan and runs every program of tests; ends with `N passed, N failed`.
set -eu
test -d build/asan || meson setup build/asan -Db_sanitize=address,undefined -Dbuildtype=debugoptimized
ninja -C build/asan
passed=0 failed=0
for program in $(find build/asan/test -type f -name 'unit-*' -perm -u+x | sort); do
    "$program" > build/asan/test.log 2>&1 || cat build/asan/test.log
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' build/asan/test.log | tail -n 1)
    if [ -z "$last" ]; then
        echo "$program ended without a result"
        failed=$((failed + 1))
        continue
    fi
    echo "$(basename "$program"): $last"
    passed=$((passed + ${last%% passed*}))
    n=${last#*, }
    failed=$((failed + ${n%% failed*}))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
