#!/usr/bin/env bash
# What an empty file costs a master in memory: real Alluxio 2.9.4 and Alluvium, each with its metastore in the heap and in RocksDB, filled
# through the same unchanged Java client.   usage: memory.sh [FILES=1000000] [SYSTEM-METASTORE ...]
# A system at a time. Alluxio's figure is the heap that is in use after a full collection, and the whole process; Alluvium's the process.
set -eu; . "$(dirname "$0")/../interop/lib.sh"
need_java; need_build
FILES=${1:-1000000}; shift || true
WORK=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
PORT=$(free_ports) SYSTEM=
down() { [ -z "$SYSTEM" ] || "$HERE/$SYSTEM-down.sh" "$WORK/$SYSTEM" 2> /dev/null || true; rm -rf "$WORK/$SYSTEM" "/dev/shm/$SYSTEM-$PORT"; SYSTEM=; }
trap 'rc=$?; down; rm -rf "$WORK"; exit $rc' EXIT
trap 'exit 130' INT TERM

resident() { awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$1/status"; }
heap() { # bytes in use after a full collection
  jcmd "$1" GC.run > /dev/null; sleep 2; jcmd "$1" GC.run > /dev/null
  jcmd "$1" GC.heap_info | awk '/garbage-first heap/ { for (i = 1; i < NF; i++) if ($i == "used") { sub("K.*", "", $(i + 1)); print $(i + 1) * 1024 } }'
}
measure() { case $SYSTEM in alluxio) echo "$(heap "$1") $(resident "$1")";; alluvium) sleep 5; echo "- $(resident "$1")";; esac; }

printf '%-20s %10s %14s %14s %16s\n' system files 'heap, bytes' 'process, bytes' 'files a second'
for one in "${@:-alluxio-HEAP alluxio-ROCKS alluvium-HEAP alluvium-ROCKS}"; do
  for name in $one; do
    SYSTEM=${name%-*}
    PROXY=0 MASTER_MEM=${MASTER_MEM:-4g} "$HERE/$SYSTEM-up.sh" "$PORT" "$WORK/$SYSTEM" "-Dalluxio.master.metastore=${name#*-}" > /dev/null
    pid=$(cat "$WORK/$SYSTEM/$([ "$SYSTEM" = alluxio ] && echo master || echo alluvium).pid")
    "$HERE/client.sh" "localhost:$PORT" bench.Fill /warm 2000 64 > /dev/null 2>&1
    read -r heap0 rss0 < <(measure "$pid")
    rate=$("$HERE/client.sh" "localhost:$PORT" bench.Fill /fill "$FILES" 64 2> /dev/null | awk '{ print $3 }')
    read -r heap1 rss1 < <(measure "$pid")
    [ "$heap0" = - ] && heap=- || heap=$(((heap1 - heap0) / FILES))
    printf '%-20s %10d %14s %14d %16s\n' "$name" "$FILES" "$heap" $(((rss1 - rss0) / FILES)) "$rate"
    down
  done
done
