#!/usr/bin/env bash
# Runs the commands of session/cli.txt, one by one, with the real `alluvium` program on a fresh cluster of one node, and
# compares what they print and their exit codes with what is recorded there.
# usage: cli-session.sh [BASE_PORT=46900] [--record]      needs a build (npm run build) and root, for chown; --record writes cli.txt anew
# In cli.txt a line that begins with `$ ` is a command for bash, what follows is its output (stdout and stderr), then its
# exit code. ${W} is a local directory; times, ids, ports and sizes of the machine are written as <TIME>, <ID> ...
set -u; HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PORT=46900 RECORD=
for word; do case $word in --record) RECORD=1 ;; *) PORT=$word ;; esac; done
REPO=$(cd "$HERE/.." && pwd); export NODE=${NODE:-$REPO/node_modules/.bin/node}
D=$(mktemp -d) W=$(mktemp -d)
trap '"$HERE/alluvium-down.sh" "$D" 2> /dev/null; rm -rf "$D" "$W" "/dev/shm/alluvium-$PORT"' EXIT
rm -rf "/dev/shm/alluvium-$PORT"
RAMDISK=256MB "$HERE/alluvium-up.sh" "$PORT" "$D" > /dev/null || exit 2
export ALLUVIUM_HOME=$D/home ALLUVIUM_MASTER=localhost:$PORT W LC_ALL=C.UTF-8 TZ=UTC
unset ALLUVIUM_DEBUG
alluvium() { "$NODE" "$REPO/packages/server/dist/alluvium.mjs" "$@"; }

normal() {
  sed -E -e "s#$W#<W>#g; s#$D#<D>#g; s#localhost:[0-9]+#<HOST:PORT>#g" \
    -e 's/[0-9]{2}-[0-9]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}:[0-9]{3}/<TIME>/g' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}/<TIME>/g; s/"[a-zA-Z]*TimeMs":[0-9]+/"<TIME>"/g' \
    -e 's/(file id |id=|Id=|[iI]d": ?"?)[0-9]+/\1<ID>/g; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/<UUID>/g' \
    -e 's/Uptime: .*/Uptime: <UPTIME>/; s/(capacity|used)=[0-9.]+[KMGTP]?B/\1=<SIZE>/g; s/modtime:[0-9]+/modtime:<TIME>/g' \
    -e 's/ +(TO_BE_)?PERSISTED (<TIME> +[0-9]+%)/ PERSISTED-SOON \2/; s/ +(NOT_|TO_BE_)?PERSISTED (<TIME> +DIR)/ <STATE> \2/' \
    -e 's/^( +(Used|Free) Capacity:) .*/\1 <SIZE>/; s/(ACTIVE +[0-9.]+[KMG]B +).*%\) +/\1<SIZE> /; s/(Capacity +Used) +/\1 /; s/[ ]+$//'
}

cd "$W"
grep '^\$ ' "$HERE/session/cli.txt" > "$D/commands"
while IFS= read -r line <&9; do
  printf '%s\n' "$line"
  (eval "${line#\$ }") < /dev/null > "$D/output" 2>&1 9<&-; code=$?
  normal < "$D/output"
  [ -z "$(tail -c 1 "$D/output")" ] || echo
  printf 'exit %s\n' "$code"
done 9< "$D/commands" > "$D/transcript"

if [ -n "$RECORD" ]; then cp "$D/transcript" "$HERE/session/cli.txt"; exit; fi
diff -u "$HERE/session/cli.txt" "$D/transcript" && echo "$(wc -l < "$D/commands") commands as recorded"
