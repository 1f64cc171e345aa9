import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SeededRandom } from '@alluvium/testkit';
import { DurableNames } from '@alluvium/ufs/local/node-durable-names.js';
import { LocalStore } from '@alluvium/ufs/local/node-local-store.js';

/** Syncs of directories, held back until they are let go. */
class Syncs {
  readonly asked: string[] = [];
  readonly #held: PromiseWithResolvers<void>[] = [];

  readonly sync = (directory: string): Promise<void> => {
    this.asked.push(directory);
    const held = Promise.withResolvers<void>();
    this.#held.push(held);
    return held.promise;
  };

  async letGo(error?: Error): Promise<void> {
    const held = this.#held.shift()!;
    if (error === undefined) held.resolve();
    else held.reject(error);
    await new Promise(setImmediate);
  }
}

test('who comes while a directory is being synced waits for a sync that begins later, with the others', async () => {
  const syncs = new Syncs();
  const names = new DurableNames('/s', syncs.sync);
  const first = names.sync('/s/d');
  const second = names.sync('/s/d');
  const third = names.sync('/s/d');
  assert.deepEqual(syncs.asked, ['/s/d']);
  await syncs.letGo();
  await first;
  assert.deepEqual(syncs.asked, ['/s/d', '/s/d']);
  await syncs.letGo();
  await Promise.all([second, third]);
  void names.sync('/s/d');
  assert.equal(syncs.asked.length, 3);
});

test('a sync that failed fails who waited for it, and nobody else', async () => {
  const syncs = new Syncs();
  const names = new DurableNames('/s', syncs.sync);
  const first = names.sync('/s/d');
  const second = names.sync('/s/d');
  const failed = assert.rejects(first, /the disk/);
  await syncs.letGo(new Error('the disk'));
  await failed;
  await syncs.letGo();
  await second;
});

test('the names of a directory and of those above it are made durable once, topmost first, and again when directories were moved', async () => {
  const asked: string[] = [];
  const names = new DurableNames('/s', (directory) => Promise.resolve(void asked.push(directory)));
  await names.keep('/s/a/b');
  assert.deepEqual(asked.splice(0), ['/s', '/s/a']);
  await names.keep('/s/a/b');
  await names.keep('/s/a/c');
  assert.deepEqual(asked.splice(0), ['/s/a']);
  names.forget();
  await names.keep('/s/a/b');
  assert.deepEqual(asked.splice(0), ['/s', '/s/a']);
  await names.keep('/s');
  assert.deepEqual(asked, [], 'what is above the store is not its own');
});

test('what is made, renamed or removed in a local store is durable when it is answered', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'alluvium-names-'));
  t.after(() => rm(root, { recursive: true }));
  const asked: string[] = [];
  const sync = (directory: string): Promise<void> => Promise.resolve(void asked.push(directory.slice(root.length)));
  const store = new LocalStore('file:///', root, new SeededRandom(1), new DurableNames(root, sync));
  const synced = async (change: Promise<unknown>): Promise<string[]> => {
    await change;
    return asked.splice(0);
  };
  assert.deepEqual(await synced(store.makeDirectory('a/b')), ['', '/a']);
  assert.deepEqual(await synced((await store.create('a/b/f')).commit()), ['/a/b']);
  assert.deepEqual(await synced((await store.create('c/d/f')).commit()), ['', '/c', '/c/d']);
  assert.deepEqual(await synced(store.rename('a/b/f', 'c/g')), ['/c', '/a/b']);
  assert.deepEqual(await synced(store.rename('a/b', 'e/b')), ['', '/e', '/a']);
  assert.deepEqual(await synced(store.removeFile('c/g')), ['/c']);
  assert.deepEqual(await synced(store.removeDirectory('c', { recursive: true })), ['']);
  assert.deepEqual(await synced(store.makeDirectory('e/b')), ['', '/e'], 'who made it may not have synced it');
});
