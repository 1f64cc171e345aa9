#!/usr/bin/env bash
# The behaviour suite of under stores against a real S3 server.
# usage: s3-suite.sh [versitygw|moto]      Exit 0 when all passed, 77 when this machine has no such server.
set -u; . "$(dirname "$0")/lib.sh"
[ -f "$REPO/build/test/packages/ufs/test/s3-behaviour.test.js" ] || skip "needs a build: npm run build"
DIR=$(mktemp -d)
trap '"$HERE/s3-server.sh" down "$DIR"; rm -rf "$DIR"' EXIT
trap 'exit 130' INT TERM
ALLUVIUM_TEST_S3_ENDPOINT=$("$HERE/s3-server.sh" up "$DIR" "$@") || { rc=$?; echo "$ALLUVIUM_TEST_S3_ENDPOINT"; exit $rc; }
export ALLUVIUM_TEST_S3_ENDPOINT ALLUVIUM_TEST_S3_ACCESS_KEY=alluvium ALLUVIUM_TEST_S3_SECRET_KEY=alluvium-secret
export ALLUVIUM_TEST_S3_PROGRAM=${1:-versitygw}
"$NODE" --test --test-timeout=120000 "$REPO"/build/test/packages/ufs/test/s3-{behaviour,server}.test.js "$REPO"/build/test/packages/server/test/store-sync.test.js
