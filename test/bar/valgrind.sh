#!/bin/sh
# valgrind.sh [PATTERN]: each program of unit tests whose name matches under valgrind, two at a time: no invalid access, nothing undefined used, no byte definitely
# lost, in children, too. A build without sanitizers, in which fibers name their stacks (src/run/fiber.c); stopwatches are generous there (LIMIT_MS of test.h).
set -eu
cd "$(dirname "$0")/../.."

if [ "${1-}" = --one ]; then
    log=build/valgrind/$(basename "$2").log
    said=$(timeout 1800 valgrind -q --fair-sched=yes --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --num-callers=30 \
        "$2" 2> "$log") && bad=0 || bad=1
    grep -q '^==[0-9]*==' "$log" && bad=1
    [ "$bad" = 0 ] || { echo "$said" | grep -aE 'ERROR|LINE|FAILED' || true; head -n 60 "$log"; }
    echo "$(basename "$2"): $(echo "$said" | tail -n 1), $([ "$bad" = 0 ] && echo clean || echo NOT CLEAN)"
    exit 0
fi

test -d build/valgrind || meson setup build/valgrind -Dbuildtype=debugoptimized -Dwerror=false # what -O2 alone suspects is no error
ninja -C build/valgrind
find build/valgrind/test -type f -name 'unit-*' -perm -u+x | sort | { grep -E "${1:-.}" || true; } | xargs -r -n 1 -P 2 test/bar/valgrind.sh --one | tee build/valgrind/said
awk '/: [0-9]+ passed, [0-9]+ failed, / { programs++; passed += $2; failed += $4 } / NOT CLEAN$/ { bad++ }
     END { printf "figure %d tests in %d programs under valgrind, %d failed, %d not clean\n", passed, programs, failed, bad; exit bad > 0 || failed > 0 || passed == 0 }' build/valgrind/said
