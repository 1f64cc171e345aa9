#!/usr/bin/env bash
# Stops what alluvium-up.sh started and waits until it has ended.   usage: alluvium-down.sh DIR
pid=$(cat "$1/alluvium.pid") || exit 1
kill "$pid" 2>/dev/null
for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || { rm -f "$1/alluvium.pid"; exit 0; }; sleep 0.1; done
echo "Alluvium ($pid) did not stop within 10 s" >&2; exit 1
