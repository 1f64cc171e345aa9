#!/usr/bin/env bash
# Hadoop programs that act for other users, as is configured by name and by group: what they make belongs to those.
# usage: act-as.sh      starts an Alluvium of its own. Who is refused is tested elsewhere: a Java client asks again for minutes.
set -eu; . "$(dirname "$0")/lib.sh"
need_java
fresh_alluvium "$(mktemp -d)" -Dalluxio.master.security.impersonation.daemon.users=bin,sys -Dalluxio.master.security.impersonation.daemon.groups=mail > /dev/null
"$HERE/client.sh" "localhost:$PORT" fs mkdir /act-as > /dev/null && "$HERE/client.sh" "localhost:$PORT" fs chmod 777 /act-as > /dev/null
CMEM=256m timeout 120 "$HERE/client.sh" "localhost:$PORT" interop.ActAs "localhost:$PORT" daemon daemon bin sys mail > "$CLUSTER/actual" 2> "$CLUSTER/logs/client.err"
diff - "$CLUSTER/actual" <<'WANTED' && echo "4 users as configured"
daemon by daemon: daemon
bin by daemon: bin
sys by daemon: sys
mail by daemon: mail
WANTED
