#!/bin/sh
# docs.sh [--check]: writes the documents that the program's own tables print; with --check says which are not current.
set -eu
cd "$(dirname "$0")/.."
hecate=${HECATE_BINARY:-build/asan/hecate}
unset HECATE_BINARY
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

"$hecate" config --markdown > "$new/options.md"
{
    printf '# Routes\n\nPrinted by `hecate routes --json`. GoTrue answers below `/auth/v1`, too.\n\n'
    printf '| dialect | method | path | credential | scopes |\n| --- | --- | --- | --- | --- |\n'
    "$hecate" routes --json | awk -F'"' '/"dialect"/ { scopes = $19 == "scopes" || $0 ~ /"scopes":null/ ? "" : $20; printf "| %s | %s | `%s` | %s | %s |\n", $4, $8, $12, $16, scopes }'
} > "$new/routes.md"

stale=0
for file in "$new"/*; do
    name=docs/$(basename "$file")
    cmp -s "$file" "$name" && continue
    if [ "${1:-}" = --check ]; then
        echo "$name is not current: run tools/docs.sh"
        stale=1
    else
        cp "$file" "$name"
    fi
done
exit $stale
