#!/usr/bin/env bash
# Three workers; under load one is killed, one is taken out of service, and the killed one comes back without its blocks. No read may
# fail, nothing that was acknowledged may be lost, and in the end every file has its copies again.
# usage: three-workers.sh [SECONDS=8 of each stage]
# Readers and writers are the unchanged Java client (interop.RandomReaders, where there is a JDK) and ours; the shell is ours.
set -eu; . "$(dirname "$0")/lib.sh"
need_build
CLUSTER=$(mktemp -d); PORT=$(free_ports); MASTER=localhost:$PORT
PROGRAM=${PROGRAM:-$REPO/packages/server/dist/alluvium.mjs}
end() {
  local rc=$?
  for pid in "$CLUSTER"/*.pid; do [ -f "$pid" ] && { kill -9 "$(cat "$pid")"; } 2> /dev/null || true; done
  [ "$rc" = 0 ] || for out in "$CLUSTER"/*.out; do echo "$out"; tail -n 5 "$out"; done
  rm -rf "$CLUSTER" /dev/shm/alluvium-$PORT-*
  exit "$rc"
}
trap end EXIT
trap 'exit 130' INT TERM

role() { # NAME ROLE [-Dkey=value ...]
  mkdir -p "$CLUSTER/$1" "$CLUSTER/ufs"
  setsid "$NODE" --initial-old-space-size=128 "$PROGRAM" start "$2" --foreground --home "$CLUSTER/$1" \
    -Dalluxio.master.hostname=localhost -Dalluxio.master.rpc.port="$PORT" -Dalluxio.job.master.rpc.port=$((PORT + 3)) "${@:3}" \
    > "$CLUSTER/$1.out" 2>&1 < /dev/null &
  echo $! > "$CLUSTER/$1.pid"; disown
}
listens() { for _ in $(seq 150); do (: < "/dev/tcp/localhost/$1") 2> /dev/null && return; sleep 0.1; done; echo "nobody listens on $1"; return 1; }
worker() { # N
  role "worker-$1" worker -Dalluxio.worker.hostname=localhost -Dalluxio.worker.rpc.port=$((PORT + 3 + 2 * $1)) -Dalluxio.worker.web.port=$((PORT + 4 + 2 * $1)) \
    -Dalluxio.worker.tieredstore.level0.dirs.path="/dev/shm/alluvium-$PORT-$1" -Dalluxio.worker.ramdisk.size=1GB
  listens $((PORT + 3 + 2 * $1))
}
export -f role listens worker
export CLUSTER PORT PROGRAM NODE

if (need_java) > /dev/null; then need_java; export JAVA_READERS=yes; else echo "without the Java client: there is no JDK or Maven"; fi
role master master -Dalluxio.master.mount.table.root.ufs="$CLUSTER/ufs" -Dalluxio.master.worker.timeout=5sec -Dalluxio.master.lost.worker.detection.interval=1sec \
  -Dalluvium.master.replication.durable.wait=30sec -Dalluvium.master.replication.settle=1sec -Dalluxio.master.replication.check.interval=5sec \
  "-Dalluxio.master.security.impersonation.$(id -un).users=*"
listens "$PORT"
for n in 1 2 3; do worker $n; done
timeout 300 "$NODE" "$HERE/three-workers.mjs" "$MASTER" "${1:-8}"
