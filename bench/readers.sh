#!/usr/bin/env bash
# Readers of every kind, by the unchanged Java client and by ours, from real Alluxio 2.9.4 and from Alluvium in turn, with the files in
# a local S3 server: MiB/s, bytes fetched from the store, CPU of the worker.   usage: readers.sh [OPTIONS of readers.mjs ...]
# env: SYSTEMS ("alluxio alluvium"), MIB (of a file, 64), S3_PROGRAM (versitygw or moto), OUT (the table goes there too), PROGRAM
set -eu; . "$(dirname "$0")/../interop/lib.sh"
need_java; need_build
export SYSTEMS=${SYSTEMS:-alluxio alluvium} MIB=${MIB:-64}
WORK=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
BASE=$(free_ports)
declare -A PROXIES=()
finish() {
  local rc=$?
  for proxy in "${PROXIES[@]}"; do kill "$proxy" 2> /dev/null; done
  "$HERE/alluxio-down.sh" "$WORK/alluxio" 2> /dev/null; "$HERE/alluvium-down.sh" "$WORK/alluvium" 2> /dev/null
  "$HERE/s3-server.sh" down "$WORK/s3"
  rm -rf "$WORK" "/dev/shm/alluxio-$BASE" "/dev/shm/alluvium-$((BASE + 20))"
  exit $rc
}
trap finish EXIT
trap 'exit 130' INT TERM
URL=$("$HERE/s3-server.sh" up "$WORK/s3" ${S3_PROGRAM:-}) || { rc=$?; echo "$URL"; exit $rc; }
"$NODE" "$REPO/bench/readers.mjs" --fill "$URL"

for system in $SYSTEMS; do
  [ "$system" = alluxio ] && port=$BASE || port=$((BASE + 20))
  if [ "$system" = alluxio ]; then PROXY=0 JOBS=0 "$HERE/alluxio-up.sh" "$port" "$WORK/alluxio"; else "$HERE/alluvium-up.sh" "$port" "$WORK/alluvium"; fi
  : > "$WORK/$system.requests"; : > "$WORK/$system.bytes"
  "$NODE" "$HERE/counting-proxy.mjs" "$URL" "$WORK/$system.requests" "$WORK/$system.bytes" > "$WORK/$system.url" & PROXIES[$system]=$!
  for _ in $(seq 50); do [ -s "$WORK/$system.url" ] && break; sleep 0.1; done
  CMEM=512m timeout 120 "$HERE/client.sh" "localhost:$port" fs mount --readonly --option alluxio.underfs.s3.endpoint="$(cat "$WORK/$system.url")" \
    --option alluxio.underfs.s3.disable.dns.buckets=true --option alluxio.underfs.s3.endpoint.region=us-east-1 \
    --option s3a.accessKeyId=alluvium --option s3a.secretKey=alluvium-secret /lake s3://lake/in
done
timeout 7200 "$NODE" "$REPO/bench/readers.mjs" --directory "$WORK" --port "$BASE" "$@" | tee ${OUT:+"$OUT"}
