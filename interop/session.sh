#!/usr/bin/env bash
# Replays a session of shell commands against any master and compares what they print, and the calls that they make, with
# what real Alluxio 2.9.4 answered.
# usage: session.sh HOST:PORT [NAME=first] [OUT_DIR]      NAME: first (159 commands), full (237) or access (75, of several users)
# env: COMPARE ("output calls"): which of the two to compare
# Exit 0 when everything is as recorded or as session/NAME-differences*.txt say; session/compare.mjs has the rules.
# To record anew: point it at a real Alluxio (alluxio-up.sh) and copy OUT_DIR/NAME-2.9.4*.txt to session/.
set -u; . "$(dirname "$0")/lib.sh"
need_java
NAME=${2:-first} OUT=${3:-$(mktemp -d)}; W=$(mktemp -d); mkdir -p "$OUT"
trap 'rm -rf "$W"; [ -n "${KEEP_OUT:-}${3:-}" ] || [ "${rc:-1}" != 0 ] || rm -rf "$OUT"' EXIT
CMEM=768m timeout 600 "$HERE/client.sh" "$1" interop.ShellSession "$HERE/session/$NAME.txt" "$W" "$OUT/$NAME-2.9.4.txt" "$OUT/$NAME-2.9.4-rpcs.txt" 2> "$OUT/client.log" || { tail -20 "$OUT/client.log" >&2; exit 2; }
rc=0
for part in ${COMPARE:-output calls}; do
  [ "$part" = calls ] && part=-rpcs || part=
  "$NODE" "$HERE/session/compare.mjs" "$HERE/session/$NAME-2.9.4$part.txt" "$HERE/session/$NAME-differences$part.txt" "$OUT/$NAME-2.9.4$part.txt" || rc=1
done
[ $rc = 0 ] || echo "transcripts and the client's log: $OUT"
exit $rc
