// The block store of one worker with a million small blocks: memory of a block, start over the files of an earlier process, the cost of
// a read's bookkeeping and of making room, and how long any of it holds the event loop. Prints a table in Markdown.
// usage: node --expose-gc bench/worker-store.mjs [--blocks 1000000] [--files 100000] [--directory DIR] [--order LRU,LRFU]
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import { BlockStore } from '../packages/worker/dist/store/block-store.js';
import { annotatorOf } from '../packages/worker/dist/store/annotator.js';
import { allPages } from '../packages/worker/dist/store/pages.js';
import { encodeSidecar } from '../packages/worker/dist/store/sidecar.js';
import { StorageDirectory } from '../packages/worker/dist/store/storage-directory.js';

const LENGTH = 1000;

const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '1000000' },
    files: { type: 'string', default: '100000' },
    directory: { type: 'string', default: tmpdir() },
    order: { type: 'string', default: 'LRU,LRFU' },
  },
});
const count = Number(values.blocks);
const idOf = (index) => (BigInt(index) + 1n) << 24n;

function sidecarOf(id, generation) {
  return encodeSidecar({
    blockId: id,
    length: LENGTH,
    generation: BigInt(generation),
    pinned: false,
    pages: allPages(Uint32Array.of(Number(generation))),
  });
}

/** Has the files of `count` blocks, without keeping any. */
function emptyDisk() {
  const file = {
    path: '',
    write: async () => {},
    read: async () => 0,
    sync: async () => {},
    length: async () => LENGTH,
    close: async () => {},
    async [Symbol.asyncDispose]() {},
  };
  return {
    makeDirectory: async () => {},
    async *scan(path) {
      if (!/\/(alluxioworker|\.meta)$/.test(path)) return;
      for (let at = 0; at < count; at += 1000) {
        await turn();
        yield Array.from({ length: Math.min(1000, count - at) }, (_, n) => ({ name: String(idOf(at + n)), kind: 'file' }));
      }
    },
    stat: async (path) =>
      path.endsWith('/pack') ? undefined : { kind: 'file', length: LENGTH, modifiedMs: 0, mode: 0o644, uid: 0, gid: 0 },
    open: async () => file,
    async readFile(path) {
      await turn();
      const id = BigInt(path.slice(path.lastIndexOf('/') + 1));
      return sidecarOf(id, Number(id >> 24n));
    },
    rename: async () => {},
    remove: () => turn(),
    removeDirectory: async () => {},
    syncDirectory: async () => {},
    space: async () => ({ capacityBytes: 2 ** 50, availableBytes: 2 ** 50 }),
  };
}

function storeOn(disk, path, blocks, annotator) {
  return new BlockStore({
    clock: nodeClock,
    disk,
    log: silentLogger,
    directories: [
      new StorageDirectory({ path, tierAlias: 'MEM', mediumType: 'MEM', capacityBytes: blocks * LENGTH, dataFolder: 'alluxioworker' }),
    ],
    folderMode: 0o755,
    isProtected: () => false,
    workerName: () => 'here',
    annotator,
    listener: { committed() {}, recovered() {}, removed() {} },
  });
}

/** The longest stretch between two turns of the event loop, in ms of the CPU of this thread. */
async function measured(work) {
  let longestMs = 0;
  const over = new AbortController();
  const cpu = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const watching = (async () => {
    for (let before = cpu(); !over.signal.aborted;) {
      await turn();
      const at = cpu();
      longestMs = Math.max(longestMs, at - before);
      before = at;
    }
  })();
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  over.abort();
  await watching;
  return { seconds, longestMs, cpuS: (user + system) / 1e6 };
}

/** What is in use and what the system has given, in bytes. */
const memory = () => {
  for (let n = 0; n < 4; n++) globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, used: heapUsed + arrayBuffers };
};

function row(what, { seconds, longestMs, cpuS }, note) {
  console.log(`| ${what} | ${seconds.toFixed(1)} | ${cpuS.toFixed(1)} | ${longestMs.toFixed(0)} | ${note} |`);
}

console.log('| | s | CPU s | longest stall, ms of CPU | |\n|---|---|---|---|---|');
for (const name of values.order.split(',').filter((name) => name !== '')) {
  const disk = emptyDisk();
  const annotator = annotatorOf(name, 0.25, 2);
  const before = memory();
  const store = storeOn(disk, '/nowhere', count, annotator);
  const start = await measured(() => store.open());
  const after = memory();
  const each = (what) => Math.round((after[what] - before[what]) / count);
  row(`${name}: ${count} blocks are found, no real disk`, start, `${each('used')} bytes in use and ${each('rss')} of RSS a block`);

  const reads = 200_000;
  const reading = await measured(async () => {
    for (let n = 0; n < reads; n++) {
      (await store.read(idOf((n * 7919) % count))).close();
      if (n % 100 === 0) await turn();
    }
  });
  row(`${name}: ${reads} reads here and there`, reading, `${((reading.seconds / reads) * 1e6).toFixed(1)} us each`);

  const writes = 50_000;
  const writing = await measured(async () => {
    for (let n = 0; n < writes; n++) {
      const temp = await store.createTemp({ id: idOf(count + n), session: 1n, reserveBytes: LENGTH });
      await temp.write([Buffer.alloc(LENGTH)]);
      store.release(await temp.commit());
    }
  });
  row(`${name}: ${writes} writes, each of which evicts`, writing, `${((writing.seconds / writes) * 1e6).toFixed(0)} us each`);
}

const files = Number(values.files);
if (files > 0) {
  const path = mkdtempSync(join(values.directory, 'alluvium-worker-store-'));
  try {
    const root = join(path, 'alluxioworker');
    mkdirSync(join(root, '.meta'), { recursive: true });
    const put = async (name, bytes) => {
      const file = await open(name, 'w');
      await file.write(bytes);
      await file.close();
    };
    for (let at = 0; at < files; at += 200)
      await Promise.all(
        Array.from({ length: Math.min(200, files - at) }, async (_, n) => {
          const id = idOf(at + n);
          await put(join(root, String(id)), Buffer.alloc(LENGTH));
          await put(join(root, '.meta', String(id)), sidecarOf(id, at + n + 1));
        }),
      );
    for (const after of ['a crash', 'a stop in order']) {
      const store = storeOn(nodeDisk(), path, files);
      const start = await measured(() => store.open());
      if (store.size !== files) throw new Error(`${store.size} found`);
      row(
        `${files} blocks are found on ${values.directory} after ${after}`,
        start,
        `${((start.cpuS / files) * 1e6).toFixed(0)} us of CPU each`,
      );
      row('  and are left in order', await measured(() => store.close()), '');
    }
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
