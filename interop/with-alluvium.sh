#!/usr/bin/env bash
# Runs a script with the address of a fresh Alluvium as its first argument.   usage: with-alluvium.sh SCRIPT [ARGUMENTS...]
set -eu; . "$(dirname "$0")/lib.sh"
fresh_alluvium "$(mktemp -d)" > /dev/null
"$1" "localhost:$PORT" "${@:2}"
