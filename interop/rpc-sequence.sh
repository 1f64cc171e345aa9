#!/usr/bin/env bash
# Compares the calls that the Java shells make for each command of a session, to the master and to workers, with those that
# they made to real Alluxio 2.9.4; what the commands print is left to session.sh, which does both.
# usage: rpc-sequence.sh HOST:PORT [NAME=first]
COMPARE=calls exec "$(dirname "$0")/session.sh" "$@"
