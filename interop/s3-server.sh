#!/usr/bin/env bash
# A real S3 server on a loopback port, for the suites that need one.
# usage: s3-server.sh up DIR [versitygw|moto]    installs and starts it, prints its URL; the keys are alluvium and alluvium-secret
#        s3-server.sh down DIR
# Exit 77 with the reason when this machine cannot.
set -u; . "$(dirname "$0")/lib.sh"
VERSITYGW_VERSION=v1.8.0 KEY=alluvium SECRET=alluvium-secret

install_versitygw() {
  PROGRAM=$INTEROP_HOME/bin/versitygw-$VERSITYGW_VERSION
  [ -x "$PROGRAM" ] && return
  command -v go > /dev/null || return 1
  local bin; bin=$(mktemp -d)
  GOBIN=$bin timeout 900 go install "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW_VERSION" > "$DIR/install.log" 2>&1 || return 1
  mkdir -p "${PROGRAM%/*}" && mv "$bin/versitygw" "$PROGRAM" && rmdir "$bin"
}

install_moto() {
  PROGRAM=$(command -v moto_server) && return
  PROGRAM=$INTEROP_HOME/moto/bin/moto_server
  [ -x "$PROGRAM" ] && return
  command -v python3 > /dev/null || return 1
  python3 -m venv "$INTEROP_HOME/moto" > "$DIR/install.log" 2>&1 && "$INTEROP_HOME/moto/bin/pip" install -q 'moto[server,s3]' >> "$DIR/install.log" 2>&1
}

start() {
  PORT=$(free_ports)
  case $1 in
    versitygw)
      mkdir -p "$DIR/data"
      "$PROGRAM" --port "127.0.0.1:$PORT" --access $KEY --secret $SECRET --quiet posix "$DIR/data" > "$DIR/s3.log" 2>&1 &
      ;;
    moto) "$PROGRAM" -H 127.0.0.1 -p "$PORT" > "$DIR/s3.log" 2>&1 & ;;
  esac
  echo $! > "$DIR/s3.pid"
  for _ in $(seq 100); do
    (: < "/dev/tcp/127.0.0.1/$PORT") 2> /dev/null && { echo "http://127.0.0.1:$PORT"; return; }
    kill -0 "$(cat "$DIR/s3.pid")" 2> /dev/null || break
    sleep 0.1
  done
  cat "$DIR/s3.log" >&2; echo "the S3 server did not start" >&2; exit 1
}

[ $# -ge 2 ] || { sed -n 2,5p "$0" >&2; exit 2; }
DIR=$2; mkdir -p "$DIR"
case $1 in
  up)
    for program in ${3:-versitygw moto}; do
      "install_$program" && { start "$program"; exit 0; }
    done
    [ -f "$DIR/install.log" ] && tail -3 "$DIR/install.log" >&2
    skip "needs Go for versitygw, or Python for moto, and their package registries"
    ;;
  down) [ -f "$DIR/s3.pid" ] && kill "$(cat "$DIR/s3.pid")"; rm -f "$DIR/s3.pid" ;;
esac
