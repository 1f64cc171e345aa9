#!/usr/bin/env bash
# Runs real Alluxio 2.9.4 and Alluvium side by side on this machine, drives them in turn with the same unchanged Java client,
# and prints a table: operations a second, and server CPU per operation and per GiB.   usage: run.sh [ROUNDS=3] [SECONDS=5]
# env: OPERATIONS (a regular expression over the names of bench.mjs), OUT (the table goes there too), THREADS (of the metadata program, 32)
set -eu; . "$(dirname "$0")/../interop/lib.sh"
need_java; need_build
WORK=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
ALLUXIO=$(free_ports)
trap 'rc=$?; "$HERE/alluxio-down.sh" "$WORK/alluxio" 2>/dev/null; "$HERE/alluvium-down.sh" "$WORK/alluvium" 2>/dev/null; rm -rf "$WORK" "/dev/shm/alluxio-$ALLUXIO" "/dev/shm/alluvium-$((ALLUXIO + 20))"; exit $rc' EXIT
trap 'exit 130' INT TERM
PROXY=0 "$HERE/alluxio-up.sh" "$ALLUXIO" "$WORK/alluxio"
"$HERE/alluvium-up.sh" "$((ALLUXIO + 20))" "$WORK/alluvium"
timeout 3000 "$NODE" "$REPO/bench/bench.mjs" "${1:-3}" "${2:-5}" "$WORK" "$ALLUXIO" "$((ALLUXIO + 20))" | tee ${OUT:+"$OUT"}
