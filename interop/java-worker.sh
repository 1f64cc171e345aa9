#!/usr/bin/env bash
# A worker of real Alluxio 2.9.4 with our master: it registers, by stream and in one call; files are written to it, read from it and freed;
# it is killed and comes back with its blocks.   usage: java-worker.sh
set -eu; . "$(dirname "$0")/lib.sh"
need_java; need_build
D=$(mktemp -d); P=$(free_ports); TIER=$D/tier; MASTER=localhost:$P
trap 'rc=$?; kill $(cat "$D"/*.pid 2>/dev/null) 2>/dev/null; sleep 1; kill -9 $(cat "$D"/*.pid 2>/dev/null) 2>/dev/null; [ $rc = 0 ] || tail -n 25 "$D"/logs/*.out; rm -rf "$D"; exit $rc' EXIT
trap 'exit 130' INT TERM
mkdir -p "$D"/{ufs,home,logs,conf} "$TIER"

setsid "$NODE" "${PROGRAM:-$REPO/packages/server/dist/alluvium.mjs}" start master --foreground --home "$D/home" \
 -Dalluxio.master.rpc.port=$P -Dalluxio.master.web.port=$((P+1)) -Dalluxio.job.master.rpc.port=$((P+3)) "$D/ufs" > "$D/logs/master.out" 2>&1 < /dev/null &
echo $! > "$D/master.pid"

worker() { # -Dkey=value ...
  : > "$D/logs/worker.out"
  setsid java -Xmx512m -XX:MaxDirectMemorySize=256m -cp "$LIB/*" -Dlog4j.configuration=file:"$VERBOSE" -Dcom.amazonaws.sdk.disableEc2Metadata=true \
   -Dalluxio.home="$D" -Dalluxio.work.dir="$D" -Dalluxio.conf.dir="$D/conf" -Dalluxio.logs.dir="$D/logs" \
   -Dalluxio.master.hostname=localhost -Dalluxio.master.rpc.port=$P -Dalluxio.worker.hostname=localhost \
   -Dalluxio.worker.rpc.port=$((P+6)) -Dalluxio.worker.web.port=$((P+7)) -Dalluxio.worker.ramdisk.size=512MB \
   -Dalluxio.worker.tieredstore.level0.dirs.path="$TIER" -Dalluxio.worker.tieredstore.level0.alias=MEM "$@" \
   alluxio.worker.AlluxioWorker >> "$D/logs/worker.out" 2>&1 < /dev/null &
  echo $! > "$D/worker.pid"; disown
  for _ in $(seq 60); do
    grep -q 'worker started. id=' "$D/logs/worker.out" && return
    kill -0 "$(cat "$D/worker.pid")" || break
    sleep 1
  done
  echo "the worker did not register" >&2; return 1
}
client() { "$HERE/client.sh" "$MASTER" "$@"; }
expect() { # WHAT WANTED COMMAND...
  local what=$1 wanted=$2 got; shift 2
  got=$("$@" 2>&1) || true
  if grep -qE "$wanted" <<< "$got"; then echo "ok: $what"; else printf 'not ok: %s: wanted %s, got:\n%s\n' "$what" "$wanted" "$got"; exit 1; fi
}
cached() { COPTS="-Dalluxio.user.file.writetype.default=$1" client fs copyFromLocal "$D/bytes" "$2" > /dev/null; }
blocks() { find "$TIER" -type f -regex '.*/[0-9]+' | wc -l; }
until_blocks() { for _ in $(seq 100); do [ "$(blocks)" = "$1" ] && { echo "$1 blocks"; return; }; sleep 0.1; done; echo "$(blocks) blocks"; }

head -c 3000000 /dev/urandom > "$D/bytes"
worker
cached MUST_CACHE /only; cached CACHE_THROUGH /both
expect 'it has the blocks' '^2 blocks' until_blocks 2
expect 'they are known to be there' '3000000.* 100% /only' client fs ls /only
expect 'the bytes are served' "$(md5sum < "$D/bytes" | cut -c1-32)" client fs checksum /only
client fs free /both > /dev/null
expect 'a freed block is dropped' '^1 blocks' until_blocks 1
kill -9 "$(cat "$D/worker.pid")"; sleep 1
worker
expect 'killed and started again it is known with what it has' '3000000.* 100% /only' client fs ls /only
expect 'and serves it' "$(md5sum < "$D/bytes" | cut -c1-32)" client fs checksum /only
kill -9 "$(cat "$D/worker.pid")"; sleep 1
worker -Dalluxio.worker.register.stream.enabled=false -Dalluxio.worker.register.lease.enabled=true
expect 'it registers in one call, with a lease' '3000000.* 100% /only' client fs ls /only
client fs rm /only > /dev/null
expect 'the block of a removed file is dropped' '^0 blocks' until_blocks 0
