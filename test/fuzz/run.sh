#!/bin/sh
# run.sh [SECONDS [TARGET…]]: searches with libFuzzer, each target for so long (60), two at a time (JOBS), and prints the executions. What is found new is kept in
# build/fuzz/found; a crash fails the run and stands in build/fuzz/crash.
set -eu
cd "$(dirname "$0")/../.."

if [ "${1-}" = --one ]; then
    target=$3
    mkdir -p "build/fuzz/found/$target"
    log=build/fuzz/$target.log
    "build/fuzz/test/fuzz/fuzz-$target" -max_total_time="$2" -max_len=4096 -timeout=5 -rss_limit_mb=512 -malloc_limit_mb=128 \
        -dict="test/fuzz/$target.dict" -artifact_prefix="build/fuzz/crash/$target-" -print_final_stats=1 \
        "build/fuzz/found/$target" "test/fuzz/corpus/$target" > "$log" 2>&1 || { tail -n 40 "$log"; exit 1; }
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, $(grep -aoE 'cov: [0-9]+' "$log" | tail -n 1)," \
        "$(sed -n 's/^stat::peak_rss_mb: *//p' "$log") MiB at most"
    exit 0
fi

seconds=${1:-60}
[ $# = 0 ] || shift
flags='-fsanitize=fuzzer-no-link'
test -d build/fuzz || CC=${CC:-clang-14} meson setup build/fuzz -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized \
    -Dc_args="$flags"
ninja -C build/fuzz fuzz
mkdir -p build/fuzz/crash
targets=${*:-$(cd test/fuzz && ls ./*.dict | sed 's/.*\/\(.*\)\.dict/\1/')}
# shellcheck disable=SC2086
printf '%s\n' $targets | xargs -n 1 -P "${JOBS:-2}" test/fuzz/run.sh --one "$seconds"
# shellcheck disable=SC2086
(cd build/fuzz && printf '%s.log\n' $targets | xargs sed -n 's/^stat::number_of_executed_units: *//p') |
    awk '{ n += $1 } END { printf "figure %d targets, %.1f million executions, 0 crashes\n", NR, n / 1e6 }'
