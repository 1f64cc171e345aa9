#!/usr/bin/env bash
# Every suite here, each against a fresh Alluvium (or a program of its own), with a table at the end.
# usage: ci.sh [SUITE...]      needs a build; suites that this machine cannot run (no Java, Maven, Go) are skipped and say so
# Exit 1 when one failed. Each has a time limit; what a suite printed, and the server's log, is shown when it failed.
set -u; . "$(dirname "$0")/lib.sh"
[ -f "$REPO/packages/server/dist/alluvium.mjs" ] || { echo "ci: npm run build first" >&2; exit 1; }
OUT=$(mktemp -d); trap 'rm -rf "$OUT"' EXIT; trap 'exit 130' INT TERM
WANTED="$*" names=() results=() times=() failed=0 started=$SECONDS

suite() { # NAME LIMIT_SECONDS COMMAND...
  local name=$1 limit=$2 began=$SECONDS rc result; shift 2
  [ -z "$WANTED" ] || [[ " $WANTED " == *" $name "* ]] || return 0
  KEEP_LOGS=$OUT/$name timeout -k 20 "$limit" "$@" > "$OUT/$name.out" 2>&1; rc=$?
  case $rc in 0) result=passed;; 77) result=skipped;; 124|137) result="failed: over $limit s"; failed=1;; *) result="failed: exit $rc"; failed=1;; esac
  names+=("$name"); results+=("$result"); times+=($((SECONDS - began)))
  printf '\n== %s: %s, %d s\n' "$name" "$result" $((SECONDS - began))
  case $result in
    failed*) tail -200 "$OUT/$name.out"; [ ! -d "$OUT/$name/logs" ] || tail -n 30 "$OUT/$name"/logs/*;;
    *) tail -14 "$OUT/$name.out";;
  esac
}

suite session 300 "$HERE/with-alluvium.sh" "$HERE/session.sh"
suite act-as 200 "$HERE/act-as.sh"
suite access 200 "$HERE/with-alluvium.sh" "$HERE/session.sh" access
suite session-full 500 env COMPARE=output "$HERE/with-alluvium.sh" "$HERE/session.sh" full
suite run-tests 300 "$HERE/with-alluvium.sh" "$HERE/run-tests.sh"
suite contract 300 "$HERE/with-alluvium.sh" "$HERE/contract.sh"
suite client-suite 300 "$HERE/with-alluvium.sh" "$HERE/client-suite.sh"
suite cli-session 300 "$HERE/cli-session.sh" "$(free_ports)"
suite hadoop-jobs 400 "$HERE/with-alluvium.sh" "$HERE/hadoop-jobs.sh"
suite spark 900 "$HERE/with-alluvium.sh" "$HERE/spark.sh"
suite h2spec 400 "$HERE/h2spec.sh"
suite s3-suite 900 "$HERE/s3-suite.sh"
suite s3-second-read 400 "$HERE/s3-second-read.sh"
suite s3-backup 400 "$HERE/s3-backup.sh"
suite crash 300 "$HERE/crash.sh" 5
suite backup 600 "$HERE/backup.sh"
suite power-cut 400 "$HERE/power-cut.sh" 15
suite java-worker 300 "$HERE/java-worker.sh"
suite three-workers 300 "$HERE/three-workers.sh" 5
suite bit-flips 300 "$HERE/bit-flips.sh" 300
suite columns 200 "$HERE/columns.sh"
suite big-file 400 "$HERE/big-file.sh" 256

[ "${#names[@]}" -gt 0 ] || { echo "ci: no such suite: $WANTED" >&2; exit 1; }
printf '\n%-16s %-24s %s\n' suite result seconds
for i in "${!names[@]}"; do printf '%-16s %-24s %s\n' "${names[i]}" "${results[i]}" "${times[i]}"; done
printf '%-16s %-24s %s\n' total "$([ $failed = 0 ] && echo passed || echo failed)" $((SECONDS - started))
exit $failed
