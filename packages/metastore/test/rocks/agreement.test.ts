// What is found by id and what is found by name are the same inodes, whatever happened and whatever is in memory.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ROOT_INODE_ID, type InodeId } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import { loadRocks } from '@alluvium/metastore/rocks/binding.js';
import { allOf, COUNTS, EDGES, edgeOfPlace, idOf, PLACES } from '@alluvium/metastore/rocks/keys.js';
import { RocksDatabase, type KeyRange } from '@alluvium/metastore/rocks/rocks-database.js';
import { RocksInodeStore } from '@alluvium/metastore/rocks/rocks-inode-store.js';
import { SeededRandom } from '@alluvium/testkit';
import { aDirectory, aFile, aRoot, inodeId, restOf } from '../contract/inodes.js';
import { CACHE_SIZES, scratchDirectory } from './stores.js';

const STEPS = 3000;
const IDS = 400;
const DIRECTORIES = 8;

/** Random creates, renames, changes and removals of files below a few directories, which move about themselves. */
function runProgram(store: RocksInodeStore, seed: number): Map<InodeId, Inode> {
  const random = new SeededRandom(seed);
  const below = (n: number): number => Math.floor(random.next() * n);
  const model = new Map<InodeId, Inode>();
  const put = (inode: Inode): void => {
    const there = store.child(inode.parentId, inode.name);
    if (there !== undefined && there.id !== inode.id) return;
    store.put(inode);
    model.set(inode.id, inode);
  };
  put(aRoot);
  for (let step = 0; step < STEPS; step++) {
    const number = 1 + below(IDS);
    const id = inodeId(number);
    const what = random.next();
    if (number <= DIRECTORIES) {
      put(aDirectory(id, ROOT_INODE_ID, `d${below(3 * DIRECTORIES)}`));
    } else if (what < 0.6) {
      put(aFile(id, 1 + below(DIRECTORIES), `name-${below(IDS / 4)}`, { length: step }));
    } else if (what < 0.8) {
      store.remove(id);
      model.delete(id);
    } else if (what < 0.9) {
      assert.deepEqual(store.get(id), model.get(id));
    } else {
      let left = below(20);
      for (const child of store.children(inodeId(1 + below(DIRECTORIES)))) {
        assert.deepEqual(child, model.get(child.id));
        if (left-- === 0) break;
      }
    }
  }
  return model;
}

function rowsOf(database: RocksDatabase, range: KeyRange): [Buffer, Buffer][] {
  const scan = database.scan(range);
  const out: [Buffer, Buffer][] = [];
  for (let row = scan.next(); row !== undefined; row = scan.next()) out.push([row[0], row[1]]);
  return out;
}

test('every edge has an inode with that parent and name, and every inode its edge, whatever is in memory', async () => {
  for (const cacheSize of CACHE_SIZES) {
    const database = await RocksDatabase.create(await loadRocks(), `${scratchDirectory()}/rocksdb`);
    after(() => database.close());
    const store = new RocksInodeStore(database, cacheSize);
    const model = runProgram(store, 17 + cacheSize);
    assert.equal(store.size, model.size);
    for (const [id, inode] of model) {
      assert.deepEqual(store.get(id), inode);
      assert.deepEqual(store.child(inode.parentId, inode.name), inode);
    }
    const byId = [...restOf(store.snapshot())].sort((a, b) => (a.id < b.id ? -1 : 1));
    assert.deepEqual(
      byId,
      [...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
    for (let directory = 0; directory <= DIRECTORIES; directory++) {
      const listed = [...store.children(inodeId(directory))];
      assert.equal(store.childCount(inodeId(directory)), listed.length);
      for (const inode of listed) assert.deepEqual(inode, model.get(inode.id));
    }
    // And so in the database itself: a place for every edge, an edge for every place, and a count for every directory with children.
    const edges = new Map(rowsOf(database, allOf(EDGES)).map(([key, row]) => [key.toString('hex'), row.readBigInt64BE(0)]));
    const places = rowsOf(database, allOf(PLACES)).map(([key, place]) => [edgeOfPlace(place).toString('hex'), idOf(key)] as const);
    assert.deepEqual(edges, new Map(places.toSorted(([a], [b]) => (a < b ? -1 : 1))));
    const parents = new Set([...model.values()].map((inode) => inode.parentId));
    assert.equal(rowsOf(database, allOf(COUNTS)).length, parents.size, `${cacheSize} in memory`);
  }
});
