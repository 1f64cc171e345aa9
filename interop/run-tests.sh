#!/usr/bin/env bash
# Alluxio's own `runTests`: a file written and read with every pair of write type and read type, through both APIs.
# usage: run-tests.sh HOST:PORT         Exit 0 when 24 of 24 passed.
set -u; . "$(dirname "$0")/lib.sh"
need_java
LOG=$(mktemp); trap 'rm -f "$LOG"' EXIT
timeout 300 "$HERE/client.sh" "$1" runTests > "$LOG" 2>&1; rc=$?
passed=$(grep -c 'Passed the test' "$LOG")
[ $rc = 0 ] && [ "$passed" = 24 ] && { echo "runTests: 24 of 24 passed"; exit 0; }
tail -40 "$LOG"; echo "runTests: $passed of 24 passed, exit $rc"; exit 1
