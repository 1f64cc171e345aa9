#!/usr/bin/env bash
# A master whose root is a bucket of a real S3 server is backed up by the unchanged Java shell into that bucket, beside what is shown; a
# new master is made from that backup, and shows the same. A backup that cannot be written fails with the reason.
# usage: s3-backup.sh [versitygw|moto]
set -eu; . "$(dirname "$0")/lib.sh"
need_java; need_build
command -v curl > /dev/null || skip "needs curl"
S3=$(mktemp -d) OTHER=
finish() { local rc=$?; set +e; trap - EXIT; [ -z "$OTHER" ] || "$HERE/alluvium-down.sh" "$OTHER"; "$HERE/s3-server.sh" down "$S3"; rm -rf "$S3" "/dev/shm/alluvium-$((PORT + 1000))"; (exit $rc); remove_alluvium; }
CLUSTER=/nonexistent PORT=0; trap finish EXIT; trap 'exit 130' INT TERM
URL=$("$HERE/s3-server.sh" up "$S3" "$@") || { rc=$?; echo "$URL"; exit $rc; }
die() { echo "s3-backup: $*"; exit 1; }
object() { curl -sS --fail --max-time 60 --aws-sigv4 aws:amz:us-east-1:s3 -u alluvium:alluvium-secret -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@"; }
shell() { CMEM=512m timeout 120 "$HERE/client.sh" "$M" "$@" 2>> "$CLUSTER/logs/client.log"; }

head -c 40000 /dev/urandom > "$S3/small"
object -X PUT "$URL/lake" && object -T "$S3/small" "$URL/lake/in/deep/er/small.bin"
export ROOT=s3://lake/in
store=(-Dalluxio.underfs.s3.endpoint="$URL" -Dalluxio.underfs.s3.disable.dns.buckets=true -Dalluxio.underfs.s3.endpoint.region=us-east-1
  -Ds3a.accessKeyId=alluvium -Ds3a.secretKey=alluvium-secret)
fresh_alluvium "$(mktemp -d)" "${store[@]}"; trap finish EXIT
M=localhost:$PORT
shell fs ls -R / > /dev/null
shell fs mkdir /made/here > /dev/null && shell fs pin /deep/er/small.bin > /dev/null && shell fs setTtl /made 86400000 > /dev/null
# How much is cached is not part of a backup: what is pinned comes into the cache of either cluster when its turn comes.
listing() { shell fs ls -R -p / | sed 's/ [ 0-9][ 0-9]*% / /' | sort; shell fs stat /made | grep -v -i -e time; }
listing > "$S3/before"

shell fsadmin backup | tr '\r' '\n' > "$S3/out" || die "the backup failed: $(cat "$S3/out")"
uri=$(sed -n 's/^Backup URI *: //p' "$S3/out")
case $uri in s3://lake/alluxio_backups/alluxio-backup-*.gz) ;; *) die "unexpected address: $uri" ;; esac
key=${uri#s3://lake}
object "$URL/lake$key" | gzip -t || die "$uri is not whole"
object "$URL/lake$key.complete" > /dev/null || die "$uri is not marked as complete"
keys=$(object "$URL/lake?list-type=2&prefix=alluxio_backups%2F" | grep -o '<Key>[^<]*' | wc -l)
[ "$keys" = 2 ] || die "$keys objects in the directory of backups; 2 wanted"
uploads=$(object "$URL/lake?uploads=" | grep -o '<UploadId>' | wc -l) || true
[ "$uploads" = 0 ] || die "$uploads uploads are left"

! shell fsadmin backup s3://no-such-bucket/backups > "$S3/failed" || die "a backup into a bucket that is not there did not fail"
tr '\r' '\n' < "$S3/failed" | grep -i 'no-such-bucket' || die "the reason is missing: $(cat "$S3/failed")"

OTHER=$CLUSTER/other
"$HERE/alluvium-up.sh" $((PORT + 1000)) "$OTHER" "${store[@]}" "-Dalluxio.master.journal.init.from.backup=$uri" > /dev/null
M=localhost:$((PORT + 1000))
listing > "$S3/after"
diff "$S3/before" "$S3/after" || die "the restored master shows something else"
shell fs cat /deep/er/small.bin | cmp - "$S3/small" || die "the bytes differ"
echo "$uri: restored, and all is alike"
echo "passed"
