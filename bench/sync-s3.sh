#!/usr/bin/env bash
# An S3 prefix with many objects is loaded and then synced, by real Alluxio 2.9.4 and by Alluvium, asked by the same unchanged Java
# shell, from the same S3 server on this machine: seconds, requests to S3 and CPU of the master.
# usage: sync-s3.sh [OBJECTS=100000] [OBJECTS_PER_DIRECTORY=1000]
# env: SYSTEMS ("alluxio alluvium"), S3_PROGRAM (versitygw or moto), OUT (the table goes there too)
set -eu; . "$(dirname "$0")/../interop/lib.sh"
need_java; need_build
OBJECTS=${1:-100000} PER_DIRECTORY=${2:-1000} SYSTEMS=${SYSTEMS:-alluxio alluvium}
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
fill() { "$NODE" "$REPO/bench/fill-bucket.mjs" "$URL" lake "$OBJECTS" "$PER_DIRECTORY" "$1"; }
fill new

port_of() { [ "$1" = alluxio ] && echo "$BASE" || echo $((BASE + 20)); }
master_of() { cat "$WORK/$1/$([ "$1" = alluxio ] && echo master.pid || echo alluvium.pid)"; }
shell() { local system=$1; shift; CMEM=512m timeout 1800 "$HERE/client.sh" "localhost:$(port_of "$system")" fs "$@" 2>> "$WORK/client.log"; }
cpu() { awk '{ print ($14 + $15) / '"$(getconf CLK_TCK)"' }' "/proc/$(master_of "$1")/stat"; }

for system in $SYSTEMS; do
  if [ "$system" = alluxio ]; then PROXY=0 "$HERE/alluxio-up.sh" "$BASE" "$WORK/alluxio"; else "$HERE/alluvium-up.sh" $((BASE + 20)) "$WORK/alluvium"; fi
  : > "$WORK/$system.requests"
  "$NODE" "$HERE/counting-proxy.mjs" "$URL" "$WORK/$system.requests" > "$WORK/$system.url" & PROXIES[$system]=$!
  for _ in $(seq 50); do [ -s "$WORK/$system.url" ] && break; sleep 0.1; done
  shell "$system" mount --option alluxio.underfs.s3.endpoint="$(cat "$WORK/$system.url")" --option alluxio.underfs.s3.disable.dns.buckets=true \
    --option alluxio.underfs.s3.endpoint.region=us-east-1 --option s3a.accessKeyId=alluvium --option s3a.secretKey=alluvium-secret /lake s3://lake/in
done

measure() { # NAME ARGUMENTS...: each system runs the same command of the shell
  local name=$1 system; shift
  for system in $SYSTEMS; do
    : > "$WORK/$system.requests"
    local before out; before=$(cpu "$system")
    out=$(shell "$system" "$@")
    echo "$name $system $(sed -n 's/.*Time elapsed //p' <<< "$out") $(wc -l < "$WORK/$system.requests") $(cpu "$system") $before" >> "$WORK/results"
  done
}
measure load loadMetadata -R /lake
measure unchanged loadMetadata -R -F /lake
fill changed
measure changed loadMetadata -R -F /lake
for system in $SYSTEMS; do shell "$system" count /lake | tail -1 > "$WORK/$system.count"; done
[ "$(sort -u "$WORK"/*.count | wc -l)" = 1 ] || { echo "the systems do not see the same objects:"; cat "$WORK"/*.count; exit 1; }

{
  echo "$OBJECTS objects, $PER_DIRECTORY in each directory, $("$NODE" --version), $(nproc) cores"
  echo
  echo '| | system | seconds | requests to S3 | CPU seconds of the server |'
  echo '|---|---|--:|--:|--:|'
  while read -r name system elapsed requests after before; do
    echo "| $name | $system | $(awk "BEGIN { printf \"%.1f\", $elapsed / 1000 }") | $requests | $(awk "BEGIN { printf \"%.1f\", $after - $before }") |"
  done < "$WORK/results"
} | tee ${OUT:+"$OUT"}
