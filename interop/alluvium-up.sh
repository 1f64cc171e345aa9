#!/usr/bin/env bash
# Starts Alluvium on this machine, with the ports of alluxio-up.sh.   usage: alluvium-up.sh BASE_PORT DIR [-Dkey=value ...]
# ports: +0 master rpc, +1 master web, +3 job master rpc, +6 worker rpc, +7 worker web
# DIR/ufs becomes the root of the namespace; the state lives in DIR/home. Needs a build (npm run build).
# env: ROOT (DIR/ufs; a directory or an address such as s3://bucket/prefix), RAMDISK (2GB), TIERDIR (/dev/shm/alluvium-PORT), NODE and PROGRAM (the node and the alluvium of this checkout)
set -eu; . "$(dirname "$0")/lib.sh"
P=$1; D=$2; shift 2
mkdir -p "$D"/{ufs,logs,home} "${TIERDIR:=/dev/shm/alluvium-$P}"
setsid "$NODE" --initial-old-space-size=128 "${PROGRAM:-$REPO/packages/server/dist/alluvium.mjs}" start --foreground --home "$D/home" \
 -Dalluxio.master.hostname=localhost -Dalluxio.worker.hostname=localhost -Dalluxio.job.master.hostname=localhost \
 -Dalluxio.master.rpc.port=$P -Dalluxio.master.web.port=$((P+1)) -Dalluxio.job.master.rpc.port=$((P+3)) \
 -Dalluxio.worker.rpc.port=$((P+6)) -Dalluxio.worker.web.port=$((P+7)) \
 -Dalluxio.worker.ramdisk.size="${RAMDISK:-2GB}" -Dalluxio.worker.tieredstore.level0.dirs.path="$TIERDIR" \
 "-Dalluxio.master.security.impersonation.$(id -un).users=*" "$@" "${ROOT:-$D/ufs}" > "$D/logs/alluvium.out" 2>&1 < /dev/null 3>&- 9>&- &
pid=$!; echo $pid > "$D/alluvium.pid"
for _ in $(seq 150); do
  kill -0 $pid 2>/dev/null || { echo "Alluvium ended at once, see $D/logs/alluvium.out" >&2; tail -5 "$D/logs/alluvium.out" >&2; exit 1; }
  if (: < "/dev/tcp/localhost/$P") 2>/dev/null && (: < "/dev/tcp/localhost/$((P+6))") 2>/dev/null; then echo "Alluvium at localhost:$P"; exit 0; fi
  sleep 0.1
done
echo "Alluvium did not come up within 15 s, see $D/logs/alluvium.out" >&2; exit 1
