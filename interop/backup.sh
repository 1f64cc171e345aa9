#!/usr/bin/env bash
# A namespace with one of everything, backed up by real Alluxio 2.9.4 and restored here; made here, backed up here, restored by real
# Alluxio, backed up by that and restored here again. Each time the unchanged Java client sees the same: inodes with their ids,
# times, owners, ACLs, pins, TTLs, xattrs and blocks, mounts, configuration of paths, and the bytes of what is stored.
# usage: backup.sh [KEEP_DIR]      KEEP_DIR gets the three backups and what the clients saw
set -eu; . "$(dirname "$0")/lib.sh"
need_java; need_build
D=$(mktemp -d) KEEP=${1:-}
finish() {
  local rc=$?; set +e; trap - EXIT
  for one in "$D"/theirs-*; do [ -d "$one" ] && "$HERE/alluxio-down.sh" "$one"; done
  for one in "$D"/ours-*; do [ -f "$one/alluvium.pid" ] && "$HERE/alluvium-down.sh" "$one"; done
  if [ "$rc" != 0 ] && [ -n "${KEEP_LOGS:-}" ]; then mkdir -p "$KEEP_LOGS/logs"; for log in "$D"/*/logs/*.out; do cp "$log" "$KEEP_LOGS/logs/$(echo "${log#"$D"/}" | tr / -)"; done; fi
  rm -rf "$D" /dev/shm/{alluxio,alluvium}-"$PORT"* ; exit $rc
}
PORT=$(free_ports); trap finish EXIT; trap 'exit 130' INT TERM
# both write names in UTF-8, wherever this runs
export COPTS='-Dfile.encoding=UTF-8 -Dsun.jnu.encoding=UTF-8' CMEM=512m LC_ALL=C.UTF-8
export PROXY=0 MASTER_MEM=1g WORKER_MEM=512m DIRECT=256m RAMDISK=128MB

java_client() { timeout 100 "$HERE/client.sh" "$@" >> "$D/clients.out" 2>&1 || { echo "failed: $*"; tail -20 "$D/clients.out"; return 1; }; }
theirs() { TIERDIR=/dev/shm/alluxio-$PORT-$1 timeout 150 "$HERE/alluxio-up.sh" "$2" "$D/theirs-$1" "${@:3}"; }
ours() { ROOT=$3 TIERDIR=/dev/shm/alluvium-$PORT-$1 "$HERE/alluvium-up.sh" "$2" "$D/ours-$1" "${@:4}"; }
restored() { echo "-Dalluxio.master.journal.init.from.backup=$(echo "$D/$1"/alluxio-backup-*.gz)"; }
back_up() { mkdir -p "$D/$2"; java_client "localhost:$1" fsadmin backup "$D/$2" --local; [ -e "$(echo "$D/$2"/*.complete)" ]; }
report() { java_client "localhost:$1" interop.NamespaceReport "$D/$2"; }
same() { diff "$D/$1" "$D/$2" > "$D/difference" || { echo "$3: the client sees another namespace"; head -60 "$D/difference"; return 1; }; echo "$3: $(wc -l < "$D/$2") lines alike"; }

# their own start takes longest: what is done here is done meanwhile
OURS=$((PORT + 12)) THEIRS=$PORT
theirs made "$THEIRS" > /dev/null & starting=$!
ours made "$OURS" "$D/ours-made/ufs" > /dev/null
java_client "localhost:$OURS" interop.NamespaceMaker "$D/work-ours"
ALLUVIUM_HOME=$D/ours-made/home ALLUVIUM_MASTER=localhost:$OURS "$NODE" "${PROGRAM:-$REPO/packages/server/dist/alluvium.mjs}" fsadmin persist pause /mounts/outer --reason 'for a test' > /dev/null
report "$OURS" ours-made.seen
back_up "$OURS" from-ours
"$HERE/alluvium-down.sh" "$D/ours-made"
wait $starting

# what looks after copies once a minute would find none of what is in the workers alone
JOBS=0 theirs restored $((PORT + 24)) -Dalluxio.master.replication.check.interval=1h "-Dalluxio.master.mount.table.root.ufs=$D/ours-made/ufs" "$(restored from-ours)" > /dev/null & starting=$!
java_client "localhost:$THEIRS" interop.NamespaceMaker "$D/work-theirs"
report "$THEIRS" theirs-made.seen
back_up "$THEIRS" from-theirs
"$HERE/alluxio-down.sh" "$D/theirs-made"

ours restored "$OURS" "$D/theirs-made/ufs" "$(restored from-theirs)" > /dev/null
report "$OURS" ours-restored.seen
"$HERE/alluvium-down.sh" "$D/ours-restored"
same theirs-made.seen ours-restored.seen 'Alluxio to Alluvium'

wait $starting
report $((PORT + 24)) theirs-restored.seen
same ours-made.seen theirs-restored.seen 'Alluvium to Alluxio'
back_up $((PORT + 24)) from-both
"$HERE/alluxio-down.sh" "$D/theirs-restored"

ours again "$OURS" "$D/ours-made/ufs" "$(restored from-both)" > /dev/null
report "$OURS" ours-again.seen
same ours-made.seen ours-again.seen 'Alluvium to Alluxio to Alluvium'
[ -z "$KEEP" ] || { mkdir -p "$KEEP"; cp -r "$D"/*.seen "$D"/from-* "$KEEP/"; }
