#!/usr/bin/env bash
# A bucket of a real S3 server, with objects in it, is mounted, listed, read and written back by the unchanged Java shell.
# The second read of a file makes no request to S3; what is written and deleted is so for an independent S3 client (curl).
# usage: s3-second-read.sh [versitygw|moto]
set -eu; . "$(dirname "$0")/lib.sh"
need_java; need_build
command -v curl > /dev/null || skip "needs curl"
S3=$(mktemp -d); PROXY=
finish() { local rc=$?; set +e; trap - EXIT; [ -z "$PROXY" ] || kill "$PROXY"; "$HERE/s3-server.sh" down "$S3"; rm -rf "$S3"; (exit $rc); remove_alluvium; }
CLUSTER=/nonexistent PORT=0; trap finish EXIT; trap 'exit 130' INT TERM
URL=$("$HERE/s3-server.sh" up "$S3" "$@") || { rc=$?; echo "$URL"; exit $rc; }
fresh_alluvium "$(mktemp -d)"; trap finish EXIT
M=localhost:$PORT

object() { # METHOD KEY [FILE]: GET writes FILE, PUT sends it
  local how=(-X "$1"); [ "$1" != PUT ] || [ -z "${3:-}" ] || how=(-T "$3"); [ "$1" != GET ] || how=(-o "$3"); [ "$1" != HEAD ] || how=(-I -o /dev/null)
  curl -sS --fail --max-time 60 --aws-sigv4 aws:amz:us-east-1:s3 -u alluvium:alluvium-secret -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "${how[@]}" "$URL/lake$2"
}
shell() { timeout 120 "$HERE/client.sh" "$M" fs "$@" 2>> "$CLUSTER/logs/client.log"; }
requests() { wc -l < "$S3/requests"; }
die() { echo "s3-second-read: $*"; [ ! -s "$S3/requests" ] || tail -5 "$S3/requests"; tail -5 "$CLUSTER/logs/client.log" 2>/dev/null || true; exit 1; }
same() { cmp -s "$1" "$2" || die "$1 and $2 differ"; }

head -c 9000000 /dev/urandom > "$S3/large"; head -c 40000 /dev/urandom > "$S3/small"; head -c 70000000 /dev/urandom > "$S3/new"
object PUT "" && object PUT /in/large.bin "$S3/large" && object PUT /in/deep/er/small.bin "$S3/small"

: > "$S3/requests"
"$NODE" "$HERE/counting-proxy.mjs" "$URL" "$S3/requests" > "$S3/proxy" & PROXY=$!
for _ in $(seq 50); do [ -s "$S3/proxy" ] && break; sleep 0.1; done
shell mount --option alluxio.underfs.s3.endpoint="$(cat "$S3/proxy")" --option alluxio.underfs.s3.disable.dns.buckets=true \
  --option alluxio.underfs.s3.endpoint.region=us-east-1 --option s3a.accessKeyId=alluvium --option s3a.secretKey=alluvium-secret /lake s3://lake/in || die "mount failed"
listing=$(shell ls -R /lake)
for line in ' 9000000 .* /lake/large.bin' ' 40000 .* /lake/deep/er/small.bin' ' DIR /lake/deep/er'; do grep -q "$line" <<< "$listing" || die "not in the listing: $line"$'\n'"$listing"; done

for file in large.bin:large deep/er/small.bin:small; do
  path=/lake/${file%:*} local=$S3/${file#*:}; before=$(requests)
  shell cat "$path" > "$S3/read"; same "$S3/read" "$local"
  first=$(($(requests) - before))
  [ "$first" -gt 0 ] || die "the first read of $path made no request: nothing is counted"
  for _ in $(seq 60); do shell ls "$path" | grep -q '100%' && break; sleep 0.5; done
  before=$(requests)
  shell cat "$path" > "$S3/read"; same "$S3/read" "$local"
  [ "$(requests)" = "$before" ] || die "the second read of $path made $(($(requests) - before)) requests"
  echo "$path: first read $first requests to S3, second read none"
done

shell mkdir /lake/out > /dev/null || die "mkdir failed"
for type in CACHE_THROUGH THROUGH; do
  COPTS="-Dalluxio.user.file.writetype.default=$type" shell copyFromLocal "$S3/new" "/lake/out/$type.bin" > /dev/null || die "writing with $type failed"
  object GET "/in/out/$type.bin" "$S3/read"; same "$S3/read" "$S3/new"
  before=$(requests)
  shell cat "/lake/out/$type.bin" > "$S3/read"; same "$S3/read" "$S3/new"
  echo "written with $type: 70000000 bytes are in S3; reading them made $(($(requests) - before)) requests"
  [ "$type" = THROUGH ] || [ "$(requests)" = "$before" ] || die "what was written with $type was not read from the cache"
  shell rm "/lake/out/$type.bin" > /dev/null
  ! object HEAD "/in/out/$type.bin" 2> /dev/null || die "deleted, but still in S3"
done
echo "passed"
