// What the namespace costs in memory and time: N files, empty or persisted, in one directory or in a tree of 100 a directory, put into the
// store itself or through the master's state as the entries of creates. Prints a table in Markdown.
// usage: node bench/metastore.mjs [--files 5000000] [--shape flat|tree] [--through store|state] [--kind empty|persisted] [--module FILE]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fileIdOf } from '@alluvium/base';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '5000000' },
    shape: { type: 'string' },
    through: { type: 'string' },
    kind: { type: 'string' },
    // Another module with heapInodeStore and heapBlockStore, to compare with.
    module: { type: 'string', default: '@alluvium/metastore' },
  },
});
const count = Number(values.files);
const BATCH = 32;
const PER_DIRECTORY = 100;
const LOOK_UPS = 1_000_000;
const ROOT = 0n;
const DIRECTORIES = 1n << 40n;
const START_MS = 1_763_700_000_000;

const common = {
  owner: 'ada',
  group: 'staff',
  mode: 0o644,
  acl: undefined,
  persistence: 'NOT_PERSISTED',
  pinned: false,
  pinnedMedia: [],
  ttlMs: -1,
  ttlAction: 'DELETE',
  fingerprint: '',
  xattr: undefined,
};

const file = {
  ...common,
  kind: 'file',
  blockSizeBytes: 1 << 26,
  length: 0,
  completed: false,
  blocks: [],
  replicationMax: -1,
  replicationMin: 0,
  replicationDurable: 1,
  persistJobId: -1n,
  tempUfsPath: '',
  shouldPersistTimeMs: -1,
};

/** Numbers from 0 to n - 1 that look arbitrary, always the same. */
function arbitrary(i, n) {
  return Math.floor(((Math.imul(i, 0x9e3779b1) >>> 0) / 2 ** 32) * n);
}

function newFile(i, parentId, kind) {
  const atMs = START_MS + Math.floor(i / 20);
  const made = { ...file, id: fileIdOf(BigInt(i + 1)), parentId, name: `part-${String(arbitrary(i, 1e5)).padStart(5, '0')}-${i}` };
  if (kind === 'empty') return { ...made, creationTimeMs: atMs, modificationTimeMs: atMs, accessTimeMs: atMs };
  const hash = [1, 2, 3, 4].map((n) => (Math.imul(i + n, 0x85ebca6b) >>> 0).toString(16).padStart(8, '0')).join('');
  return {
    ...made,
    creationTimeMs: atMs,
    modificationTimeMs: atMs + 30,
    accessTimeMs: atMs + 900,
    persistence: 'PERSISTED',
    completed: true,
    length: 1_000_000 + i,
    blocks: [BigInt(i + 1) << 24n],
    fingerprint: `TYPE|FILE UFS|s3 OWNER|ada GROUP|staff MODE|420 CONTENT_HASH|${hash} `,
  };
}

function newDirectory(id, parentId, name) {
  const times = { creationTimeMs: START_MS, modificationTimeMs: START_MS, accessTimeMs: START_MS };
  return {
    ...common,
    ...times,
    kind: 'directory',
    id,
    parentId,
    name,
    mode: 0o755,
    mountPoint: false,
    childrenLoaded: true,
    defaultAcl: undefined,
  };
}

/** The directories above the files, the root first, and the parent of file `i`. */
function* directoriesOf(shape) {
  yield newDirectory(ROOT, -1n, '');
  yield newDirectory(DIRECTORIES, ROOT, 'warehouse');
  yield newDirectory(DIRECTORIES + 1n, DIRECTORIES, 'sales.db');
  if (shape === 'flat') return;
  const leaves = Math.ceil(count / PER_DIRECTORY);
  for (let i = 0; i < Math.ceil(leaves / PER_DIRECTORY); i++)
    yield newDirectory(DIRECTORIES + 2n + BigInt(i), DIRECTORIES + 1n, `day=${i}`);
  for (let i = 0; i < leaves; i++)
    yield newDirectory(leafId(i), DIRECTORIES + 2n + BigInt(Math.floor(i / PER_DIRECTORY)), `bucket=${i % PER_DIRECTORY}`);
}

function leafId(i) {
  return (DIRECTORIES << 1n) + BigInt(i);
}

function parentOf(shape, i) {
  return shape === 'flat' ? DIRECTORIES + 1n : leafId(Math.floor(i / PER_DIRECTORY));
}

/** The names on the way from the root to file `i`. */
function namesOf(shape, i) {
  const name = newFile(i, ROOT, 'empty').name;
  const leaf = Math.floor(i / PER_DIRECTORY);
  if (shape === 'flat') return ['warehouse', 'sales.db', name];
  return ['warehouse', 'sales.db', `day=${Math.floor(leaf / PER_DIRECTORY)}`, `bucket=${leaf % PER_DIRECTORY}`, name];
}

async function targetOf(through, metastore) {
  const inodes = metastore.heapInodeStore();
  const blocks = metastore.heapBlockStore();
  if (through === 'store') {
    const put = (inode) => {
      inodes.put(inode);
      if (inode.blocks?.length > 0) blocks.put(inode.blocks[0], inode.length);
    };
    return { inodes, blocks, put };
  }
  const { InodeTree } = await import('@alluvium/master/file/inode-tree.js');
  const { fileEntry, directoryEntry } = await import('@alluvium/master/file/inode-to-entry.js');
  const { BlockState } = await import('@alluvium/master/block/block-state.js');
  const { EventLog } = await import('@alluvium/master/events/event-log.js');
  const { MasterState } = await import('@alluvium/master/state.js');
  const tree = new InodeTree(inodes);
  const events = new EventLog({ tree }, 100_000);
  const state = new MasterState([tree, new BlockState(blocks)], events);
  let sequence = 0;
  const put = (inode) => {
    sequence++;
    const entry = inode.kind === 'file' ? fileEntry(inode, `/warehouse/sales.db/${inode.name}`) : directoryEntry(inode);
    const operationId = {
      mostSignificantBits: BigInt(arbitrary(sequence, 2 ** 52)),
      leastSignificantBits: BigInt(arbitrary(-sequence, 2 ** 32)),
    };
    const parent = inode.kind === 'file' ? tree.get(inode.parentId) : undefined;
    const time = BigInt(inode.creationTimeMs);
    if (parent !== undefined && parent.modificationTimeMs < inode.creationTimeMs)
      state.apply({ updateInode: { id: parent.id, lastModificationTimeMs: time, lastAccessTimeMs: time } }, sequence);
    state.apply({ ...entry, operationId }, sequence);
    if (inode.blocks?.length > 0) state.apply({ blockInfo: { blockId: inode.blocks[0], length: BigInt(inode.length) } }, sequence);
  };
  return { inodes, blocks, put, state };
}

function memory() {
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { rss, used: heapUsed + Math.max(external, arrayBuffers) };
}

const cpuMs = () => process.threadCpuUsage().user / 1000 + process.threadCpuUsage().system / 1000;

async function measure({ shape, through, kind }) {
  const target = await targetOf(through, await import(values.module));
  const before = memory();
  for (const directory of directoriesOf(shape)) target.put(directory);
  let longestMs = 0;
  let longestCpuMs = 0;
  let busyMs = 0;
  for (let i = 0; i < count;) {
    await turn();
    const startMs = performance.now();
    const startCpuMs = cpuMs();
    for (const end = Math.min(count, i + BATCH); i < end; i++) target.put(newFile(i, parentOf(shape, i), kind));
    const spentMs = cpuMs() - startCpuMs;
    busyMs += spentMs;
    longestMs = Math.max(longestMs, performance.now() - startMs);
    longestCpuMs = Math.max(longestCpuMs, spentMs);
  }
  const after = memory();
  const lookUpMs = timed(() => {
    for (let i = 0; i < LOOK_UPS; i++) walk(target.inodes, namesOf(shape, arbitrary(i, count)));
  });
  const namesMs = timed(() => {
    for (let i = 0; i < LOOK_UPS; i++) namesOf(shape, arbitrary(i, count));
  });
  const listMs = timed(() => {
    let listed = 0;
    for (let i = 0; listed < LOOK_UPS; i++)
      for (const _ of target.inodes.children(parentOf(shape, arbitrary(i, count)))) if (++listed === LOOK_UPS) break;
  });
  return {
    files: count,
    rssPerFile: (after.rss - before.rss) / count,
    usedPerFile: (after.used - before.used) / count,
    rss: after.rss,
    createUs: (busyMs * 1000) / count,
    longestMs,
    longestCpuMs,
    lookUpUs: ((lookUpMs - namesMs) * 1000) / LOOK_UPS,
    listUs: (listMs * 1000) / LOOK_UPS,
  };
}

function timed(work) {
  const startMs = cpuMs();
  work();
  return cpuMs() - startMs;
}

function walk(inodes, names) {
  let at = inodes.get(ROOT);
  for (const name of names) {
    at = inodes.child(at.id, name);
    if (at === undefined) throw new Error(`Cannot find "${name}"`);
  }
  return at;
}

if (process.send !== undefined) {
  const [what] = await once(process, 'message');
  process.send(await measure(what));
  process.disconnect();
} else {
  console.log(
    '| through | shape | files | RSS B/file | heap + external B/file | RSS MiB | create us | longest stretch ms (CPU) | look-up us | list us/child |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const through of values.through === undefined ? ['store', 'state'] : [values.through])
    for (const kind of values.kind === undefined ? ['empty', 'persisted'] : [values.kind])
      for (const shape of values.shape === undefined ? ['flat', 'tree'] : [values.shape]) {
        const child = fork(import.meta.filename, process.argv.slice(2), {
          execArgv: ['--expose-gc', '--max-old-space-size=8192', '--initial-old-space-size=128'],
        });
        child.send({ shape, through, kind });
        const [r] = await once(child, 'message');
        const cells = [
          through,
          `${shape}, ${kind}`,
          r.files,
          r.rssPerFile.toFixed(0),
          r.usedPerFile.toFixed(0),
          (r.rss / 2 ** 20).toFixed(0),
        ];
        cells.push(
          r.createUs.toFixed(2),
          `${r.longestMs.toFixed(1)} (${r.longestCpuMs.toFixed(1)})`,
          r.lookUpUs.toFixed(2),
          r.listUs.toFixed(2),
        );
        console.log(`| ${cells.join(' | ')} |`);
      }
}
