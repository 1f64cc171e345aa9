#!/usr/bin/env bash
# Runs the suite of @alluvium/client against a cluster that runs: Alluvium or Alluxio 2.9.4.   usage: client-suite.sh HOST:PORT [node --test options]
# The master has to be on this machine, because a local directory is mounted. Needs a build (npm run build). env: NODE (the node of this checkout)
set -eu
REPO=$(cd "$(dirname "$0")/.." && pwd); NODE=${NODE:-$REPO/node_modules/.bin/node}
MASTER=$1; shift
ALLUVIUM_TEST_MASTER=$MASTER exec "$NODE" --test --test-timeout=120000 "$@" "$REPO/build/test/packages/client/test/suite.test.js"
