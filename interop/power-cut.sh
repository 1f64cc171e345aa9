#!/usr/bin/env bash
# Cuts the power of the disk that has the journal and the under store, and kills Alluvium, under create and write load by the Java
# client, and checks what is kept.   usage: power-cut.sh [ROUNDS=200] [SEED]
# The disk is a file system of its own (lossy-disk/), which loses or tears what was not synced. Needs Linux, root, /dev/fuse and Go.
set -eu; . "$(dirname "$0")/lib.sh"
need_java; need_build
[ -w /dev/fuse ] && [ "$(id -u)" = 0 ] || skip "needs root and /dev/fuse"
command -v go > /dev/null || skip "needs Go, to build lossy-disk"
DISK=$INTEROP_HOME/bin/lossy-disk-$(cat "$HERE"/lossy-disk/*.go "$HERE"/lossy-disk/go.* | cksum | cut -d' ' -f1)
[ -x "$DISK" ] || (cd "$HERE/lossy-disk" && timeout 300 go build -o "$DISK" .) || skip "lossy-disk cannot be built"
CLUSTER=$(mktemp -d) PORT=$(free_ports)
remove() { local rc=$?; umount -l "$CLUSTER/disk" 2> /dev/null || true; remove_alluvium "$rc"; }
trap remove EXIT
trap 'exit 130' INT TERM
timeout $((120 + ${1:-200} * 15)) "$NODE" "$HERE/crash.mjs" "${1:-200}" "${2:-$RANDOM}" "$PORT" "$CLUSTER" alluvium "$DISK"
