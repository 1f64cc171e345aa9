#!/usr/bin/env bash
# Hadoop's own jobs over alluxio://HOST:PORT with the unchanged client, in local mode: wordcount against the same over file://,
# TestDFSIO (write, read, clean) and NNBench (create_write, open_read, delete, rename).
# usage: hadoop-jobs.sh HOST:PORT        Exit 0 when all ended well, wordcount gave the same counts, and NNBench met no exception.
set -u; . "$(dirname "$0")/lib.sh"
need_java
M=$1 W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
VERSION=3.3.4 J=$INTEROP_HOME/hadoop-mapreduce-client-jobclient-$VERSION-tests.jar
[ -f "$J" ] || { mvn -q -B dependency:get -Dartifact=org.apache.hadoop:hadoop-mapreduce-client-jobclient:$VERSION:jar:tests -Dtransitive=false
  cp "$HOME/.m2/repository/org/apache/hadoop/hadoop-mapreduce-client-jobclient/$VERSION/${J##*/}" "$J"; } || skip "cannot get Hadoop's test jobs"
cat > "$W/core-site.xml" <<X
<configuration>
  <property><name>fs.defaultFS</name><value>alluxio://$M</value></property>
  <property><name>fs.alluxio.impl</name><value>alluxio.hadoop.FileSystem</value></property>
  <property><name>fs.AbstractFileSystem.alluxio.impl</name><value>alluxio.hadoop.AlluxioFileSystem</value></property>
  <property><name>hadoop.tmp.dir</name><value>$W/tmp</value></property>
</configuration>
X
cat > "$W/mapred-site.xml" <<X
<configuration>
  <property><name>mapreduce.framework.name</name><value>local</value></property>
  <property><name>mapreduce.jobtracker.staging.root.dir</name><value>file://$W/staging</value></property>
</configuration>
X
job() { # NAME CLASS ARGUMENTS...
  local name=$1; shift
  timeout 300 java -Xmx1g -Dlog4j.configuration=file:"$INTEROP_HOME/log4j-server.properties" -Dalluxio.home="$INTEROP_HOME" -Dalluxio.conf.dir="$INTEROP_HOME/none" \
    -cp "$W:$J:$CLASSES:$LIB/*" "$@" > "$W/$name.log" 2>&1 && return
  echo "FAILED $name"; grep -v INFO "$W/$name.log" | tail -30; exit 1
}
say() { printf '%-14s %s\n' "$1" "$2"; }

mkdir -p "$W/in"
for i in 1 2 3; do seq 1 20000 | awk -v s=$i '{ print "word" ($1 * s) % 997, "line" $1 % 13 }' > "$W/in/part-$i"; done
job words-file org.apache.hadoop.examples.WordCount "file://$W/in" "file://$W/out"
job put org.apache.hadoop.fs.FsShell -put "$W/in" /words-in
job words org.apache.hadoop.examples.WordCount /words-in /words-out
job get org.apache.hadoop.fs.FsShell -getmerge /words-out "$W/words"
sort "$W"/out/part-r-* | cmp - <(sort "$W/words") || { echo "FAILED wordcount: other counts than over file://"; exit 1; }
say wordcount "equal to file://: $(wc -l < "$W/words") words, $(awk '{ n += $2 } END { print n }' "$W/words") in all"

for step in write read clean; do
  job "dfsio-$step" org.apache.hadoop.fs.TestDFSIO -$step -nrFiles 4 -size 16MB -bufferSize 65536 -resFile "$W/dfsio"
done
grep -E 'Throughput|Average' "$W/dfsio" | while read -r line; do say TestDFSIO "${line##*  }"; done
[ "$(grep -c 'Throughput' "$W/dfsio")" = 2 ] || { echo "FAILED TestDFSIO: no result"; exit 1; }

cd "$W" # NNBench leaves its result file where it runs
for operation in create_write open_read delete create_write rename; do
  job "nnbench-$operation" org.apache.hadoop.hdfs.NNBench -operation $operation -maps 2 -reduces 1 -numberOfFiles 200 -blockSize 1048576 \
    -bytesToWrite 100 -bytesPerChecksum 1 -replicationFactorPerFile 1 -readFileAfterOpen true -startTime "$(($(date +%s) + 5))" -baseDir /nnbench
  exceptions=$(sed -nE 's/.*# exceptions: +([0-9]+).*/\1/p' "$W/nnbench-$operation.log" | tail -1)
  successful=$(sed -nE 's/.*Successful file operations: +([0-9]+).*/\1/p' "$W/nnbench-$operation.log" | tail -1)
  say "NNBench" "$operation: ${successful:-?} files, ${exceptions:-?} exceptions"
  [ "$exceptions" = 0 ] && [ "$successful" = 400 ] || { tail -40 "$W/nnbench-$operation.log"; exit 1; }
done
