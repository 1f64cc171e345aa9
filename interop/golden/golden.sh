#!/usr/bin/env bash
# Writes packages/wire/test/golden.json and schema.json from Alluxio's own Java classes.
set -euo pipefail; . "$(dirname "$0")/../lib.sh"
out=$(cd "$HERE/../packages/wire/test" && pwd)
classes=$(mktemp -d); trap 'rm -rf "$classes"' EXIT
javac -nowarn -d "$classes" -cp "$LIB/*" "$HERE"/golden/src/*.java
java -cp "$classes:$LIB/*" GoldenBytes "$out/golden.json"
java -cp "$classes:$LIB/*" Schema "$out/schema.json"
