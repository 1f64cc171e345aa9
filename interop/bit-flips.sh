#!/usr/bin/env bash
# Bits flip in the cache while it is read: no reader may get a wrong byte, and the scrub has to find and mend every one.
# usage: bit-flips.sh [FLIPS=1000]
set -eu; . "$(dirname "$0")/lib.sh"
fresh_alluvium "$(mktemp -d)" -Dalluvium.worker.scrub.bytes.per.second=200MB -Dalluvium.worker.scrub.interval=1s
timeout 300 "$NODE" "$HERE/bit-flips.mjs" "localhost:$PORT" "/dev/shm/alluvium-$PORT" "${1:-1000}"
