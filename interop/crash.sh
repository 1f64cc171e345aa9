#!/usr/bin/env bash
# Kills Alluvium with SIGKILL under create and write load and checks what it kept.   usage: crash.sh [ROUNDS=50] [SEED]
# Exit 1 when something that was acknowledged is missing or different, or something is half there.
set -eu; . "$(dirname "$0")/lib.sh"
need_java
fresh_alluvium "$(mktemp -d)"
timeout $((120 + ${1:-50} * 15)) "$NODE" "$HERE/crash.mjs" "${1:-50}" "${2:-$RANDOM}" "$PORT" "$CLUSTER"
