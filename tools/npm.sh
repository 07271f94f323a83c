#!/bin/sh
# npm.sh: brings the packages of test/package-lock.json, if they are not there or are others.
set -eu
cd "$(dirname "$0")/../test"
[ -f node_modules/.current ] && cmp -s package-lock.json node_modules/.current && exit 0
npm ci --no-progress
cp package-lock.json node_modules/.current
