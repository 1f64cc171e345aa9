#!/usr/bin/env bash
# A large file in by the Java shell, out again, and read at random by 8 readers, from the cache and from the under store:
# every byte equal, and the memory of the server that did it.
# usage: big-file.sh [MIB=3072]           env: LIMIT_MIB (400)
# The server's memory is what it holds itself (RssAnon, the highest of samples); pages of block files that are mapped are the
# cache's (RssShmem) and of files the system's (RssFile): they are shown, with VmHWM, which has them all.
set -eu; . "$(dirname "$0")/lib.sh"
need_java
MIB=${1:-3072} LIMIT=${LIMIT_MIB:-400}
RAMDISK=$((MIB + 512))MB fresh_alluvium "$(mktemp -d -p "${TMPDIR:-/var/tmp}")"
M=localhost:$PORT W=$CLUSTER/local; mkdir "$W"
CMEM=512m; export CMEM
COPTS="-Dalluxio.user.short.circuit.enabled=false"; export COPTS

pid=$(cat "$CLUSTER/alluvium.pid")
( anon=0 hwm=0 shmem=0 file=0
  while status=$(cat "/proc/$pid/status" 2>/dev/null); do
    while read -r name kib _; do case $name in
      RssAnon:) [ "$kib" -le $anon ] || anon=$kib;; VmHWM:) hwm=$kib;; RssShmem:) [ "$kib" -le $shmem ] || shmem=$kib;; RssFile:) [ "$kib" -le $file ] || file=$kib;;
    esac; done <<< "$status"
    echo "$anon $hwm $shmem $file" > "$CLUSTER/memory.new"; mv "$CLUSTER/memory.new" "$CLUSTER/memory"; sleep 0.2
  done ) & sampler=$!
step() { # NAME COMMAND...
  local began; began=$(date +%s%N)
  "${@:2}" > "$CLUSTER/logs/step.out" 2>&1 || { tail -20 "$CLUSTER/logs/step.out"; echo "failed: $1"; kill $sampler; exit 1; }
  echo "$1: $(( ($(date +%s%N) - began) / 1000000 )) ms$( [ "$1" != "${1#random}" ] && echo ", $(tail -1 "$CLUSTER/logs/step.out")")"
}
shell() { timeout 900 "$HERE/client.sh" "$M" "$@"; }
persisted() { for _ in $(seq 300); do shell fs ls /big | grep -q " PERSISTED" && return; sleep 1; done; return 1; }
same() { [ "$(md5sum < "$1")" = "$SUM" ] || { echo "$1 differs"; return 1; }; rm -f "$1"; }

openssl enc -aes-128-ctr -pass pass:alluvium -nosalt < /dev/zero 2>/dev/null | head -c "${MIB}M" > "$W/big"
SUM=$(md5sum < "$W/big")
step "in (ASYNC_THROUGH)" shell fs copyFromLocal "$W/big" /big
step "out, from the cache" shell fs copyToLocal /big "$W/out"
step "md5" same "$W/out"
step "random reads from the cache" shell interop.RandomReaders /big "$W/big" 8 200
step "persisted" persisted
step "free" shell fs free /big
step "random reads from the under store" shell interop.RandomReaders /big "$W/big" 8 50
step "free again" shell fs free /big
step "out, from the under store" shell fs copyToLocal /big "$W/out"
step "md5" same "$W/out"
step "md5 in the under store" same "$CLUSTER/ufs/big"
kill $sampler 2>/dev/null; wait $sampler 2>/dev/null || true
read -r anon hwm shmem file < "$CLUSTER/memory"
echo "server memory for a file of $MIB MiB: own $((anon / 1024)) MiB at most (limit $LIMIT); VmHWM $((hwm / 1024)) MiB, in it up to $((shmem / 1024)) MiB of mapped blocks and $((file / 1024)) MiB of files"
[ $((anon / 1024)) -lt "$LIMIT" ]
