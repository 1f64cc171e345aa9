#!/usr/bin/env bash
# What the worker fetches from an S3 server for what the unchanged Java client asks for, cold: two columns of a parquet file, a scan,
# strides, and random reads, each of a file of its own, every byte compared. Two columns may cost 1.2 times their bytes, a scan no more than the file.
# usage: columns.sh [alluvium|alluxio]      env: MIB (256), PATTERNS. Of a real Alluxio the figures are only shown.
set -eu; . "$(dirname "$0")/lib.sh"
need_java
command -v curl > /dev/null || skip "needs curl"
SYSTEM=${1:-alluvium} MIB=${MIB:-256} PATTERNS=${PATTERNS:-columns sequential strided random-4 random-64}
S3=$(mktemp -d -p "${TMPDIR:-/var/tmp}"); PROXY=
finish() {
  local rc=$?; set +e; trap - EXIT
  [ -z "$PROXY" ] || kill "$PROXY"
  "$HERE/s3-server.sh" down "$S3"; rm -rf "$S3"
  [ "$SYSTEM" = alluvium ] || { "$HERE/alluxio-down.sh" "$CLUSTER"; rm -rf "$CLUSTER" "/dev/shm/alluxio-$PORT"; exit $rc; }
  (exit $rc); remove_alluvium
}
CLUSTER=/nonexistent PORT=0; trap finish EXIT; trap 'exit 130' INT TERM
URL=$("$HERE/s3-server.sh" up "$S3") || { rc=$?; echo "$URL"; exit $rc; }
if [ "$SYSTEM" = alluvium ]; then RAMDISK=2GB fresh_alluvium "$(mktemp -d)"; trap finish EXIT
else PORT=$(free_ports) CLUSTER=$(mktemp -d); PROXY=0 JOBS=0 "$HERE/alluxio-up.sh" "$PORT" "$CLUSTER"; PROXY=; fi
M=localhost:$PORT

put() { # KEY [FILE]
  local how=(); [ -z "${2:-}" ] || how=(-T "$2")
  curl -sS --fail --max-time 120 --aws-sigv4 aws:amz:us-east-1:s3 -u alluvium:alluvium-secret -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -X PUT "${how[@]}" "$URL/lake$1"
}
openssl enc -aes-128-ctr -pass pass:alluvium -nosalt < /dev/zero 2>/dev/null | head -c "$((MIB << 20))" > "$S3/file"
head -c 40960 "$S3/file" >> "$S3/file"
put ""
for pattern in $PATTERNS; do put "/in/$pattern" "$S3/file"; done
: > "$S3/requests"; : > "$S3/bytes"
"$NODE" "$HERE/counting-proxy.mjs" "$URL" "$S3/requests" "$S3/bytes" > "$S3/proxy" & PROXY=$!
for _ in $(seq 50); do [ -s "$S3/proxy" ] && break; sleep 0.1; done
export CMEM=512m COPTS="-Dalluxio.user.short.circuit.enabled=false -Dalluxio.user.metrics.collection.enabled=false"
"$HERE/client.sh" "$M" fs mount --readonly --option alluxio.underfs.s3.endpoint="$(cat "$S3/proxy")" --option alluxio.underfs.s3.disable.dns.buckets=true \
  --option alluxio.underfs.s3.endpoint.region=us-east-1 --option s3a.accessKeyId=alluvium --option s3a.secretKey=alluvium-secret /lake s3://lake/in > /dev/null
"$HERE/client.sh" "$M" fs ls /lake > /dev/null

fetched() { awk '{ n += $1 } END { print n + 0 }' "$S3/bytes"; }
# CPU milliseconds of the worker so far.
used() { awk -v t="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000 / t) }' "/proc/$(cat "$CLUSTER/$([ "$SYSTEM" = alluvium ] && echo alluvium || echo worker).pid")/stat"; }
failed=0
printf '%-12s %14s %14s %8s %8s %8s %8s\n' pattern asked fetched ratio requests ms cpu-ms
for pattern in $PATTERNS; do
  before=$(fetched) requests=$(wc -l < "$S3/requests") cpu=$(used)
  timeout 300 "$HERE/client.sh" "$M" interop.ReadPattern "$M" "/lake/$pattern" "$S3/file" "$pattern" > "$S3/out" 2>&1 || { tail -5 "$S3/out"; echo "failed: $pattern"; exit 1; }
  # What the worker goes on to fetch in the background counts too.
  while now=$(fetched); sleep 1.5; [ "$(fetched)" != "$now" ]; do :; done
  read -r _ asked took < <(grep '^asked ' "$S3/out")
  printf '%-12s %14d %14d %8s %8d %8d %8d\n' "$pattern" "$asked" $((now - before)) "$(awk "BEGIN { printf \"%.2f\", ($now - $before) / $asked }")" $(($(wc -l < "$S3/requests") - requests)) "$took" $(($(used) - cpu))
  [ "$SYSTEM" = alluvium ] || continue
  case $pattern in
    columns) [ $(((now - before) * 10)) -le $((asked * 12)) ] || { echo "two columns cost more than 1.2 times their bytes"; failed=1; };;
    sequential) [ $(((now - before) * 100)) -le $((asked * 101)) ] || { echo "a scan fetched more than the file"; failed=1; };;
  esac
done
exit $failed
