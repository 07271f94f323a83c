#!/bin/sh
# threads.sh: the programs of unit tests in which threads work together, under ThreadSanitizer: no race of two.
set -eu
cd "$(dirname "$0")/../.."
programs='run http db store directory outbound lib'
test -d build/tsan || meson setup build/tsan -Db_sanitize=thread -Db_lundef=false -Dbuildtype=debugoptimized -Dwerror=false
# shellcheck disable=SC2086
ninja -C build/tsan $(printf 'test/unit/%s/unit-%s\n' $(for name in $programs; do echo "$name $name"; done))
passed=0 bad=0
for name in $programs; do
    log=build/tsan/$name.log
    # The addresses that the kernel picks at random do not always suit it.
    timeout 600 setarch -R "build/tsan/test/unit/$name/unit-$name" > "$log" 2>&1 || { bad=$((bad + 1)); grep -aE -A 40 'WARNING: ThreadSanitizer|ERROR|LINE' "$log" | head -n 80; }
    passed=$((passed + $(sed -n 's/^\([0-9]*\) passed, .*/\1/p' "$log" | tail -n 1)))
done
echo "figure $passed tests in $(echo "$programs" | wc -w) programs under ThreadSanitizer, $bad with a race or a fault"
[ "$bad" = 0 ] && [ "$passed" -gt 0 ]
