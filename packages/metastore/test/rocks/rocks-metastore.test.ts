import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT_INODE_ID } from '@alluvium/base';
import { openMetastore, type Metastore } from '@alluvium/metastore';
import { loadRocks } from '@alluvium/metastore/rocks/binding.js';
import { nodeDisk } from '@alluvium/platform';
import { aFile, aRoot, inodeId } from '../contract/inodes.js';
import { rocks, scratchDirectory } from './stores.js';

const MARKER = 'ALLUVIUM-METASTORE';
const disk = nodeDisk();

function fill({ inodes, blocks }: Metastore, count: number): void {
  inodes.put(aRoot);
  for (let i = 1; i <= count; i++) {
    inodes.put(aFile(i, 0, `f${i}`));
    blocks.put(BigInt(i) as Parameters<typeof blocks.put>[0], i);
  }
}

test('a metastore that is closed under iterations and snapshots makes them fail with aborted, and the process lives on', async () => {
  const metastore = await rocks(scratchDirectory(), 64);
  fill(metastore, 2000);
  const { inodes, blocks } = metastore;
  const open = [inodes.children(ROOT_INODE_ID), inodes.children(ROOT_INODE_ID, 'f5'), inodes.snapshot(), blocks.snapshot()];
  // One that has begun, one that has not, and one that has much in hand.
  for (const iterator of [open[0]!, open[2]!, open[3]!]) for (let i = 0; i < 300; i++) assert.equal(iterator.next().done, false);
  const closed = metastore.close();
  for (const iterator of open) assert.throws(() => iterator.next(), { kind: 'aborted' });
  await closed;
  for (const iterator of open) {
    assert.throws(() => iterator.next(), { kind: 'aborted' });
    iterator.return?.();
  }
  assert.throws(() => inodes.get(inodeId(2000)), { kind: 'aborted' });
  assert.throws(() => inodes.child(ROOT_INODE_ID, 'f2000'), { kind: 'aborted' });
  assert.throws(() => inodes.childCount(ROOT_INODE_ID), { kind: 'aborted' });
  assert.throws(() => inodes.children(ROOT_INODE_ID), { kind: 'aborted' });
  assert.throws(() => inodes.put(aFile(1, 0, 'f1')), { kind: 'aborted' });
  assert.throws(() => inodes.remove(inodeId(1)), { kind: 'aborted' });
  assert.throws(() => inodes.snapshot(), { kind: 'aborted' });
  assert.throws(() => blocks.length(1n as Parameters<typeof blocks.length>[0]), { kind: 'aborted' });
  await metastore.close();
});

test('a directory that holds other things is never emptied', async () => {
  const directory = scratchDirectory();
  const precious = join(directory, 'thesis.tex');
  writeFileSync(precious, 'x');
  await assert.rejects(rocks(directory, 1), (error: Error) => {
    assert.match(error.message, /thesis\.tex.*alluxio\.master\.metastore\.dir/);
    return true;
  });
  assert.deepEqual(readdirSync(directory), ['thesis.tex']);
});

test('a metastore begins empty, whatever the one before left in its directory', async () => {
  const directory = join(scratchDirectory(), 'below', 'metastore');
  const before = await rocks(directory, 64);
  fill(before, 1000);
  await before.close();
  mkdirSync(join(directory, 'left-over'));
  writeFileSync(join(directory, 'rocksdb-0'), 'x');
  const metastore = await rocks(directory, 64);
  assert.deepEqual(readdirSync(directory).sort(), [MARKER, 'rocksdb-2']);
  assert.equal(metastore.inodes.size, 0);
  assert.equal(metastore.inodes.get(ROOT_INODE_ID), undefined);
  assert.equal(metastore.blocks.snapshot().next().done, true);
  await metastore.close();
});

const LARGE = 40;

/** More than a memtable holds, so that files are written. */
function putMuch({ inodes }: Metastore): void {
  const value = new Uint8Array(1 << 20);
  for (let i = 1; i <= LARGE; i++) inodes.put(aFile(i, 0, `f${i}`, { xattr: new Map([['x', value]]) }));
}

test('a metastore whose disk fails refuses everything from then on and says so once', async () => {
  const directory = scratchDirectory();
  const metastore = await rocks(directory, 4);
  fill(metastore, 10);
  rmSync(join(directory, 'rocksdb-1'), { recursive: true });
  assert.throws(() => putMuch(metastore), { kind: 'unavailable' });
  assert.match((await metastore.failed).message, /^The metastore cannot be (?:read|written): IO error.*made anew/);
  // In memory or not: nobody can tell any more what it should be.
  for (const name of ['f1', 'f9', `f${LARGE - 1}`, 'none'])
    assert.throws(() => metastore.inodes.child(ROOT_INODE_ID, name), { kind: 'unavailable' });
  assert.throws(() => metastore.inodes.get(inodeId(1)), { kind: 'unavailable' });
  assert.throws(() => metastore.inodes.remove(inodeId(1)), { kind: 'unavailable' });
  assert.throws(() => metastore.blocks.snapshot(), { kind: 'unavailable' });
  await metastore.close();
});

test('of two masters with the same directory the first one stops instead of mixing its files with those of the second', async () => {
  const directory = scratchDirectory();
  const first = await rocks(directory, 4);
  const second = await rocks(directory, 4);
  assert.throws(() => putMuch(first), { kind: 'unavailable' });
  await first.failed;
  putMuch(second);
  assert.equal(second.inodes.size, LARGE);
  assert.equal([...second.inodes.children(ROOT_INODE_ID)].length, LARGE);
  await first.close();
  await second.close();
});

test('a metastore that cannot be had says what to do', async () => {
  await assert.rejects(loadRocks('@alluvium/no-such-library'), {
    kind: 'failedPrecondition',
    message: /npm install @nxtedition\/rocksdb.*HEAP/,
  });
  await assert.rejects(openMetastore({ kind: 'ROCKS', directory: undefined, cacheSize: 1 }, disk), {
    kind: 'failedPrecondition',
    message: /alluxio\.master\.metastore\.dir/,
  });
  const file = join(scratchDirectory(), 'file');
  writeFileSync(file, '');
  await assert.rejects(rocks(file, 1));
  assert.ok(existsSync(file));
});
