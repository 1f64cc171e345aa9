#!/usr/bin/env bash
# h2spec, the conformance suite of HTTP/2 and HPACK, against our server. Exit 0 when nothing failed but what
# h2spec-exceptions.txt lists, 77 when it cannot be installed. Needs Go and a build.
set -euo pipefail; . "$(dirname "$0")/lib.sh"
VERSION=v2.2.1+incompatible
BIN=$INTEROP_HOME/h2spec-$VERSION
[ -f "$REPO/packages/net/dist/index.js" ] || skip "needs a build: npm run build"
if ! [ -x "$BIN/h2spec" ]; then
  command -v go > /dev/null || skip "needs Go, to install h2spec"
  mkdir -p "$BIN"
  GOBIN="$BIN" timeout 300 go install "github.com/summerwind/h2spec/cmd/h2spec@$VERSION" > "$BIN/install.log" 2>&1 \
    || skip "h2spec $VERSION cannot be installed: $(tail -1 "$BIN/install.log")"
fi

WORK=$(mktemp -d); SERVER=
trap '[ -z "$SERVER" ] || kill "$SERVER" 2> /dev/null || true; rm -rf "$WORK"' EXIT
"$NODE" "$HERE/h2spec-server.mjs" > "$WORK/port" 2> "$WORK/errors" & SERVER=$!
for _ in $(seq 100); do [ -s "$WORK/port" ] && break; sleep 0.1; done
[ -s "$WORK/port" ] || { cat "$WORK/errors"; echo "h2spec: the server did not start"; exit 1; }

timeout 300 "$BIN/h2spec" --strict -h 127.0.0.1 -p "$(cat "$WORK/port")" > "$WORK/log" 2>&1 || true
kill -0 "$SERVER" 2> /dev/null || { cat "$WORK/errors"; echo "h2spec: the server went down"; exit 1; }
[ -s "$WORK/errors" ] && { cat "$WORK/errors"; echo "h2spec: the server met errors of its own"; exit 1; }
summary=$(grep -E '^[0-9]+ tests, ' "$WORK/log") || { tail -20 "$WORK/log"; echo "h2spec: did not finish"; exit 1; }

# Failures as section/number: a heading gives the section, a cross the number.
sed -n '/^Failures:/,$p' "$WORK/log" | sed -nE 's/^ *([0-9]+(\.[0-9]+)*)\.? [A-Z].*/S \1/p; s/^ *× ([0-9]+):.*/F \1/p' \
  | awk '$1 == "S" { section = $2 } $1 == "F" { print section "/" $2 }' | sort -u > "$WORK/failed"
sed -nE 's/^([0-9.]+\/[0-9]+) .*/\1/p' "$HERE/h2spec-exceptions.txt" | sort -u > "$WORK/allowed"
new=$(comm -23 "$WORK/failed" "$WORK/allowed"); mended=$(comm -13 "$WORK/failed" "$WORK/allowed")
[ -z "$new" ] || sed -n '/^Failures:/,$p' "$WORK/log"
[ -z "$mended" ] || echo "h2spec: listed as exceptions, but passed: $mended"
echo "h2spec: $summary; failed without being an exception: ${new:-none}"
[ -z "$new$mended" ]
