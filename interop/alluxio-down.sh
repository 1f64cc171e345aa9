#!/usr/bin/env bash
# Stops what alluxio-up.sh started and waits until it has ended.   usage: alluxio-down.sh DIR
pids=$(cat "$1"/*.pid 2>/dev/null); rm -f "$1"/*.pid
kill $pids 2>/dev/null
for _ in $(seq 100); do kill -0 $pids 2>/dev/null || break; sleep 0.1; done
kill -9 $pids 2>/dev/null; true
