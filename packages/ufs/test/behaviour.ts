// What every under store must do. A store runs it with a function that opens an empty one.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AlluviumError, type ErrorKind } from '@alluvium/base';
import type { UnderStore } from '@alluvium/ufs';
import { SeededRandom } from '@alluvium/testkit';
import { all, copyOf, keyOrder, names, put, text, treeOf } from './support/store-calls.js';

export interface Subject {
  readonly name: string;
  /** Why it cannot run on this machine. */
  readonly skip?: string | undefined;
  /** A store with an empty root; what it leaves is removed when the test ends. */
  open(t: TestContext): Promise<UnderStore>;
  /** A writer that dies leaves nothing. */
  readonly forgetful?: boolean;
  /** Names that the tested server, not the connector, cannot keep. */
  readonly unsupportedNames?: RegExp;
}

export const AWKWARD_NAMES: readonly string[] = [
  'a b',
  ' leading',
  'trailing ',
  'double  space',
  'a+b',
  '100%',
  'a%20b',
  '%2F',
  'ü',
  'u\u0308',
  '日本語',
  '\u{1F30A}',
  '\uFF5E',
  '.hidden',
  '..two',
  'trailing.',
  '...',
  'quote\'"',
  '<&>',
  '?a=1#b',
  'back\\slash',
  'semi;colon:',
  '*',
  '~',
  '@=,$!()[]{}^`|',
  'tab\there',
  'line\nbreak',
  'x'.repeat(255),
];

/** Registers a test that gets an empty store. */
export type Case = (title: string, run: (store: UnderStore, t: TestContext) => Promise<void>) => void;

export function underStoreBehaviour(subject: Subject): void {
  const it: Case = (title, run) => {
    test(`${subject.name}: ${title}`, { skip: subject.skip ?? false }, async (t) => run(await subject.open(t), t));
  };
  fileBehaviour(it);
  readBehaviour(it);
  directoryBehaviour(it);
  renameBehaviour(it);
  nameBehaviour(it, subject);
  sizeBehaviour(it);
  abandonedBehaviour(it, subject);
}

function fileBehaviour(it: Case): void {
  it('an empty root is a directory with nothing in it', async (store) => {
    const status = await store.status('');
    assert.equal(status?.directory, true);
    assert.equal(status.name, '');
    assert.deepEqual(await names(store, ''), []);
    assert.equal(await store.status('nothing'), undefined);
    assert.equal(await store.status('nothing/below'), undefined);
  });

  it('a file comes back with its length, time and content hash', async (store) => {
    const stored = await put(store, 'f', 'hello');
    assert.equal(stored.length, 5);
    const status = await store.status('f');
    assert.ok(status !== undefined && !status.directory);
    assert.equal(status.name, 'f');
    assert.equal(status.length, 5);
    assert.ok(status.modifiedMs !== undefined && status.modifiedMs > 1e12);
    assert.ok(status.contentHash !== undefined && status.contentHash !== '');
    assert.equal(stored.contentHash, status.contentHash);
    assert.equal(await text(store, 'f'), 'hello');
    const [listed] = await all(store, '');
    assert.deepEqual({ ...listed, modifiedMs: 0 }, { ...status, modifiedMs: 0 });
    assert.equal(await store.status('f/below'), undefined, 'below a file there is nothing');
  });

  it('an empty file is a file', async (store) => {
    await put(store, 'd/empty', '');
    assert.equal((await store.status('d/empty'))?.length, 0);
    assert.equal((await store.status('d/empty'))?.directory, false);
    assert.equal(await text(store, 'd/empty'), '');
    assert.deepEqual(await names(store, 'd'), ['empty']);
  });

  it('a new file is there whole or not at all', async (store) => {
    const writer = await store.create('d/f');
    await writer.write([Buffer.from('half')]);
    assert.equal(await store.status('d/f'), undefined);
    for (const name of await names(store, '')) assert.deepEqual(await names(store, name), []);
    await writer.write([Buffer.from(' and '), Buffer.alloc(0), Buffer.from('half')]);
    await writer.commit();
    assert.equal(await text(store, 'd/f'), 'half and half');
    await writer.abort();
    assert.equal(await text(store, 'd/f'), 'half and half', 'abort after commit does nothing');
    await assert.rejects(writer.write([Buffer.from('more')]), AlluviumError);
  });

  it('what is given up leaves nothing', async (store) => {
    const writer = await store.create('f');
    await writer.write([Buffer.from('x')]);
    await writer.abort();
    await writer.abort();
    assert.equal(await store.status('f'), undefined);
    assert.deepEqual(await names(store, ''), []);
    await assert.rejects(writer.commit(), AlluviumError);
    assert.equal(await store.status('f'), undefined);
  });

  it('the bytes given are the bytes stored, whatever happens to the buffer afterwards', async (store) => {
    const buffer = Buffer.from('original');
    const writer = await store.create('f');
    await writer.write([buffer]);
    buffer.fill('x');
    await writer.commit();
    assert.equal(await text(store, 'f'), 'original');
  });

  it('a file is replaced at commit, not before, and its content hash changes', async (store) => {
    const before = await put(store, 'f', 'old');
    const writer = await store.create('f');
    await writer.write([Buffer.from('newer')]);
    assert.equal(await text(store, 'f'), 'old');
    const after = await writer.commit();
    assert.equal(await text(store, 'f'), 'newer');
    assert.notEqual(after.contentHash, before.contentHash);
  });

  it('of two that create the same file where none was, one wins', async (store) => {
    const writers = await Promise.all([store.create('f', { ifAbsent: true }), store.create('f', { ifAbsent: true })]);
    for (const [index, writer] of writers.entries()) await writer.write([Buffer.from(`writer ${index}`)]);
    const outcomes = await Promise.allSettled(writers.map((writer) => writer.commit()));
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(lost.length, 1);
    assert.equal((lost[0]!.reason as AlluviumError).kind, 'alreadyExists');
    assert.equal(await text(store, 'f'), `writer ${outcomes.findIndex(({ status }) => status === 'fulfilled')}`);
    await assert.rejects(put(store, 'f', 'late', { ifAbsent: true }), { kind: 'alreadyExists' });
    assert.match(await text(store, 'f'), /^writer/);
    assert.deepEqual(await names(store, ''), ['f'], 'the loser leaves nothing');
  });

  it('a file is removed once', async (store) => {
    await put(store, 'f', 'x');
    assert.equal(await store.removeFile('f'), true);
    assert.equal(await store.removeFile('f'), false);
    assert.equal(await store.status('f'), undefined);
    await assert.rejects(text(store, 'f'), { kind: 'notFound' });
  });

  it('temporary names are served but never listed', async (store) => {
    const temporary = 'f.alluxio.0x0123456789ABCDEF.tmp';
    await put(store, temporary, 'on its way');
    await put(store, '.alluxio_ufs_persistence/g', 'too');
    assert.deepEqual(await names(store, ''), []);
    assert.deepEqual(await names(store, '', { recursive: true }), []);
    assert.equal(await text(store, temporary), 'on its way');
    await store.rename(temporary, 'f', { overwrite: true });
    assert.deepEqual(await names(store, ''), ['f']);
  });

  it('space is unknown or a number', async (store) => {
    const space = await store.space();
    if (space === undefined) return;
    assert.ok(space.capacityBytes > 0 && space.usedBytes >= 0 && space.usedBytes <= space.capacityBytes);
  });

  it('a mode is kept where permissions are', async (store) => {
    await put(store, 'f', 'x', { mode: 0o640 });
    if (!store.capabilities.permissions) {
      await assert.rejects(store.setMode('f', 0o600), { kind: 'unimplemented' });
      await assert.rejects(store.setOwner('f', 'me', undefined), { kind: 'unimplemented' });
      return;
    }
    assert.equal((await store.status('f'))?.mode, 0o640);
    await store.setMode('f', 0o600);
    assert.equal((await store.status('f'))?.mode, 0o600);
    await store.makeDirectory('d', { mode: 0o711 });
    assert.equal((await store.status('d'))?.mode, 0o711);
    await assert.rejects(store.setMode('missing', 0o600), { kind: 'notFound' });
  });
}

function readBehaviour(it: Case): void {
  it('any range is read exactly', async (store) => {
    const bytes = Buffer.from(new SeededRandom(1).bytes(300_000));
    await put(store, 'f', bytes);
    for (const [offset, length] of [
      [0, 300_000],
      [0, 1],
      [299_999, 1],
      [1, 299_998],
      [65_535, 2],
      [123_456, 100_000],
      [299_000, 5000],
      [300_000, 10],
      [400_000, 10],
      [10, 0],
      [0, 2 ** 40],
      [299_998, Number.MAX_SAFE_INTEGER],
    ] as const) {
      assert.deepEqual(await copyOf(store, 'f', offset, length), bytes.subarray(offset, offset + length), `${offset}+${length}`);
    }
  });

  it('a read never mixes two versions', async (store) => {
    const { contentHash } = await put(store, 'f', 'one');
    assert.equal(await text(store, 'f', { ifMatch: contentHash! }), 'one');
    const { contentHash: second } = await put(store, 'f', 'three');
    await assert.rejects(text(store, 'f', { ifMatch: contentHash! }), { kind: 'aborted' });
    assert.equal(await text(store, 'f', { ifMatch: second! }), 'three');
  });

  it('a read of what is not there fails', async (store) => {
    await put(store, 'd/f', 'x');
    await assert.rejects(text(store, 'missing'), { kind: 'notFound' });
    await assert.rejects(text(store, 'd/missing'), { kind: 'notFound' });
    await assert.rejects(text(store, 'd/f/below'), { kind: 'notFound' });
    await assert.rejects(text(store, 'd'), AlluviumError);
    await assert.rejects(text(store, 'missing', { ifMatch: 'x' }), { kind: 'notFound' });
  });

  it('a read that is given up ends with cancelled', async (store) => {
    await put(store, 'f', Buffer.alloc(3 << 20));
    const abort = new AbortController();
    const read = store.read('f', { offset: 0, length: 3 << 20, signal: abort.signal })[Symbol.asyncIterator]();
    await read.next();
    abort.abort(new Error('nobody wants it'));
    await assert.rejects(
      async () => {
        while ((await read.next()).done !== true);
      },
      { kind: 'cancelled' },
    );
    await assert.rejects(all(store, '', { signal: abort.signal }), { kind: 'cancelled' });
    assert.equal((await copyOf(store, 'f', 0, 3 << 20)).length, 3 << 20, 'the next one works');
  });

  it('a read whose reader goes away leaves the store usable', async (store) => {
    await put(store, 'f', Buffer.alloc(2 << 20));
    for (let i = 0; i < 20; i++) for await (const chunk of store.read('f', { offset: i, length: 2 << 20 })) if (chunk.length > 0) break;
    assert.equal((await copyOf(store, 'f', 0, 2 << 20)).length, 2 << 20);
  });
}

function directoryBehaviour(it: Case): void {
  it('directories are made with their parents, and again', async (store) => {
    await store.makeDirectory('a/b/c');
    await store.makeDirectory('a/b/c');
    await store.makeDirectory('a');
    await store.makeDirectory('');
    for (const path of ['a', 'a/b', 'a/b/c']) assert.equal((await store.status(path))?.directory, true, path);
    assert.deepEqual(await names(store, 'a'), ['b']);
    assert.deepEqual(await names(store, 'a/b/c'), []);
    const status = await store.status('a/b');
    assert.equal(status?.name, 'b');
    assert.equal(status.length, 0);
    assert.equal(status.contentHash, undefined);
  });

  it('a file is no directory', async (store) => {
    await put(store, 'f', 'x');
    await assert.rejects(store.makeDirectory('f'), { kind: 'alreadyExists' });
    await assert.rejects(names(store, 'f'), { kind: 'notFound' });
    await store.removeDirectory('f', { recursive: true }).catch((error: AlluviumError) => assert.equal(error.kind, 'invalidArgument'));
    assert.equal(await text(store, 'f'), 'x');
  });

  it('a directory is no file', async (store) => {
    await store.makeDirectory('d');
    await store.removeFile('d').catch((error: AlluviumError) => assert.equal(error.kind, 'invalidArgument'));
    assert.equal((await store.status('d'))?.directory, true);
  });

  it('a listing has the direct children in the order of keys', async (store) => {
    const files = ['b', 'a.txt', 'a-b', 'a0', 'é', '\u{1F30A}', '\uFF5E', 'B', 'd/x', 'd/y/z', 'a/f'];
    for (const path of files) await put(store, path, path);
    await store.makeDirectory('empty');
    const listed = await all(store, '');
    assert.deepEqual(
      listed.map(({ name, directory }) => (directory ? `${name}/` : name)),
      ['a/', 'd/', 'empty/', 'b', 'a.txt', 'a-b', 'a0', 'é', '\u{1F30A}', '\uFF5E', 'B'].sort(keyOrder),
    );
    assert.deepEqual(await names(store, 'd'), ['x', 'y']);
    await assert.rejects(names(store, 'missing'), { kind: 'notFound' });
    await assert.rejects(names(store, 'b/below'), { kind: 'notFound' });
  });

  it('a recursive listing has everything below, parents first', async (store) => {
    for (const path of ['d/x', 'd/y/z', 'd/y/w/v', 'd-1/f', 'other']) await put(store, path, path);
    await store.makeDirectory('d/empty');
    const below = await all(store, 'd', { recursive: true });
    assert.deepEqual(
      below.map(({ name, directory }) => (directory ? `${name}/` : name)),
      ['empty/', 'x', 'y/', 'y/w/', 'y/w/v', 'y/z'],
    );
    assert.equal(below.find(({ name }) => name === 'y/z')?.length, 'd/y/z'.length);
    const everything = await all(store, '', { recursive: true });
    assert.equal(everything.length, 10);
    const keys = everything.map(({ name, directory }) => (directory ? `${name}/` : name));
    assert.deepEqual(keys, [...keys].sort(keyOrder));
  });

  it('a directory is removed when it is empty, or with everything below', async (store) => {
    for (const path of ['d/x', 'd/y/z', 'd2/f', 'd-x', 'd.txt']) await put(store, path, path);
    await store.makeDirectory('d/empty');
    await assert.rejects(store.removeDirectory('d', { recursive: false }), { kind: 'failedPrecondition' });
    assert.equal(await store.removeDirectory('d/empty', { recursive: false }), true);
    assert.equal(await store.status('d/empty'), undefined);
    assert.equal(await store.removeDirectory('d', { recursive: true }), true);
    assert.equal(await store.removeDirectory('d', { recursive: true }), false);
    assert.equal(await store.removeDirectory('d', { recursive: false }), false);
    assert.deepEqual(await names(store, ''), ['d-x', 'd.txt', 'd2']);
    assert.equal(await text(store, 'd2/f'), 'd2/f');
  });

  it('the root is never removed, renamed or replaced', async (store) => {
    await put(store, 'f', 'x');
    await assert.rejects(store.removeDirectory('', { recursive: true }), { kind: 'invalidArgument' });
    await assert.rejects(store.removeFile(''), { kind: 'invalidArgument' });
    await assert.rejects(store.rename('', 'elsewhere'), { kind: 'invalidArgument' });
    await assert.rejects(store.rename('f', ''), { kind: 'invalidArgument' });
    await assert.rejects(store.create(''), { kind: 'invalidArgument' });
    assert.equal(await text(store, 'f'), 'x');
  });
}

function renameBehaviour(it: Case): void {
  it('a file is renamed with its content, also where no directory is yet', async (store) => {
    await put(store, 'a', 'x');
    await store.rename('a', 'new/deep/b');
    assert.equal(await store.status('a'), undefined);
    assert.equal(await text(store, 'new/deep/b'), 'x');
  });

  it('a rename replaces a file only when told to', async (store) => {
    await put(store, 'a', 'new');
    await put(store, 'b', 'old');
    await assert.rejects(store.rename('a', 'b'), { kind: 'alreadyExists' });
    assert.equal(await text(store, 'b'), 'old');
    await store.rename('a', 'b', { overwrite: true });
    assert.equal(await text(store, 'b'), 'new');
    assert.deepEqual(await names(store, ''), ['b']);
  });

  it('a rename never replaces a directory, nor a file by one', async (store) => {
    await put(store, 'f', 'x');
    await put(store, 'd/g', 'y');
    await store.makeDirectory('e');
    await assert.rejects(store.rename('f', 'd', { overwrite: true }), { kind: 'alreadyExists' });
    await assert.rejects(store.rename('d', 'f', { overwrite: true }), { kind: 'alreadyExists' });
    await assert.rejects(store.rename('d', 'e', { overwrite: true }), { kind: 'alreadyExists' });
    assert.deepEqual(await treeOf(store), { f: 'x', 'd/g': 'y' });
  });

  it('a rename of what is not there fails', async (store) => {
    await assert.rejects(store.rename('missing', 'b'), { kind: 'notFound' });
    await assert.rejects(store.rename('missing/below', 'b', { overwrite: true }), { kind: 'notFound' });
    assert.deepEqual(await names(store, ''), []);
  });

  it('a directory is renamed with everything below', async (store) => {
    for (const path of ['d/x', 'd/y/z', 'd2/f']) await put(store, path, path);
    await store.makeDirectory('d/empty');
    await store.rename('d', 'moved/here');
    assert.deepEqual(await treeOf(store), { 'moved/here/x': 'd/x', 'moved/here/y/z': 'd/y/z', 'd2/f': 'd2/f' });
    assert.equal((await store.status('moved/here/empty'))?.directory, true);
    assert.equal(await store.status('d'), undefined);
  });

  it('a directory is not moved into itself', async (store) => {
    await put(store, 'd/x', 'x');
    await assert.rejects(store.rename('d', 'd/below'), { kind: 'invalidArgument' });
    await assert.rejects(store.rename('d', 'd/y/below'), { kind: 'invalidArgument' });
    assert.deepEqual(await treeOf(store), { 'd/x': 'x' });
    await store.rename('d', 'd2');
    assert.deepEqual(await treeOf(store), { 'd2/x': 'x' });
  });
}

function nameBehaviour(it: Case, { unsupportedNames = /(?!)/ }: Subject): void {
  it('awkward names are kept exactly, for files and for directories', async (store) => {
    const kept = AWKWARD_NAMES.filter((name) => !unsupportedNames.test(name));
    await Promise.all(
      kept.flatMap((name) => [put(store, `files/${name}`, `content of ${name}`), put(store, `directories/${name}/in it`, name)]),
    );
    assert.deepEqual(await names(store, 'files'), [...kept].sort(keyOrder));
    assert.deepEqual(
      await names(store, 'directories'),
      kept
        .map((name) => `${name}/`)
        .sort(keyOrder)
        .map((name) => name.slice(0, -1)),
    );
    for (const name of kept) {
      assert.equal(await text(store, `files/${name}`), `content of ${name}`, name);
      assert.equal((await store.status(`files/${name}`))?.name, name);
      assert.deepEqual(await names(store, `directories/${name}`), ['in it'], name);
    }
    for (const name of kept.slice(0, 12)) {
      await store.rename(`files/${name}`, `renamed/${name}`);
      assert.equal(await text(store, `renamed/${name}`), `content of ${name}`, name);
      await store.rename(`directories/${name}`, `renamed directories/${name}`);
      assert.equal(await text(store, `renamed directories/${name}/in it`), name);
    }
    for (const name of kept.slice(12)) {
      assert.equal(await store.removeFile(`files/${name}`), true, name);
      assert.equal(await store.removeDirectory(`directories/${name}`, { recursive: true }), true, name);
    }
    for (const folder of ['files', 'directories']) {
      if (await store.status(folder)) assert.deepEqual(await names(store, folder), []);
    }
  });

  it('paths that no store has are refused before it is asked', async (store) => {
    await put(store, 'f', 'x');
    for (const path of ['..', '../f', 'a/../f', '.', './f', 'a/./f', 'a//f', '/f', 'f/', 'f\0', '\0']) {
      const refused: { kind: ErrorKind } = { kind: 'invalidArgument' };
      await assert.rejects(store.status(path), refused, path);
      await assert.rejects(names(store, path), refused, path);
      await assert.rejects(text(store, path), refused, path);
      await assert.rejects(put(store, path, 'x'), refused, path);
      await assert.rejects(store.makeDirectory(path), refused, path);
      await assert.rejects(store.removeFile(path), refused, path);
      await assert.rejects(store.removeDirectory(path, { recursive: true }), refused, path);
      await assert.rejects(store.rename(path, 'g'), refused, path);
      await assert.rejects(store.rename('f', path), refused, path);
    }
    assert.deepEqual(await treeOf(store), { f: 'x' });
  });
}

function sizeBehaviour(it: Case): void {
  it('directories of more than a thousand entries are listed and removed whole', async (store) => {
    const wanted = Array.from({ length: 1203 }, (_, i) => `f${String(i).padStart(4, '0')}`);
    for (let at = 0; at < wanted.length; at += 40)
      await Promise.all(wanted.slice(at, at + 40).map((name) => put(store, `many/${name}`, name)));
    await put(store, 'many/sub/below', 'x');
    await put(store, 'many-not', 'stays');
    assert.deepEqual(await names(store, 'many'), [...wanted, 'sub']);
    assert.deepEqual(await names(store, 'many', { recursive: true }), [...wanted, 'sub', 'sub/below']);
    assert.deepEqual(await names(store, ''), ['many-not', 'many']);
    // A listing that is left early holds nothing up.
    for await (const status of store.list('many')) if (status.name === 'f0003') break;
    await assert.rejects(store.removeDirectory('many', { recursive: false }), { kind: 'failedPrecondition' });
    assert.equal(await store.removeDirectory('many', { recursive: true }), true);
    assert.deepEqual(await treeOf(store), { 'many-not': 'stays' });
  });

  it('a large file is written in pieces of any size and read back exactly', async (store) => {
    const random = new SeededRandom(7);
    const bytes = Buffer.from(random.bytes((12 << 20) + 7));
    const writer = await store.create('large');
    for (let at = 0; at < bytes.length;) {
      const parts: Buffer[] = [];
      for (let n = random.below(4); n >= 0 && at < bytes.length; n--) {
        const size = random.below(1 << 20);
        parts.push(bytes.subarray(at, at + size));
        at += size;
      }
      await writer.write(parts);
    }
    assert.equal(await store.status('large'), undefined);
    const stored = await writer.commit();
    assert.equal(stored.length, bytes.length);
    const status = await store.status('large');
    assert.equal(status?.length, bytes.length);
    assert.equal(status.contentHash, stored.contentHash);
    assert.ok((await copyOf(store, 'large', 0, bytes.length)).equals(bytes));
    assert.ok((await copyOf(store, 'large', (5 << 20) - 3, 6)).equals(bytes.subarray((5 << 20) - 3, (5 << 20) + 3)));
    await store.rename('large', 'renamed');
    assert.ok((await copyOf(store, 'renamed', 0, bytes.length)).equals(bytes));
  });

  it('a large file that is given up leaves nothing', async (store) => {
    const writer = await store.create('d/large');
    for (let i = 0; i < 7; i++) await writer.write([Buffer.alloc(1 << 20, i)]);
    await writer.abort();
    assert.equal(await store.status('d/large'), undefined);
    await store.removeDirectory('d', { recursive: false });
    assert.deepEqual(await names(store, ''), []);
  });
}

const HOUR_MS = 3_600_000;

function abandonedBehaviour(it: Case, { forgetful = false }: Subject): void {
  const sweep = async (store: UnderStore, nowMs: number): Promise<number> =>
    (await store.removeAbandoned?.({ olderThanMs: HOUR_MS, nowMs })) ?? 0;

  it('what a killed writer leaves is never shown, and removed when it is old', async (store) => {
    await put(store, 'f', 'x');
    assert.equal(await sweep(store, Date.now() + 2 * HOUR_MS), 0, 'nothing was left');
    for (const path of ['large', 'd/large']) {
      const writer = await store.create(path);
      for (let i = 0; i < 6; i++) await writer.write([Buffer.alloc(1 << 20, i)]);
    }
    assert.deepEqual(await treeOf(store), { f: 'x' });
    for (const name of await names(store, '')) assert.ok(name === 'f' || name === 'd', name);
    assert.equal(await sweep(store, Date.now()), 0, 'it is young');
    assert.equal(await sweep(store, Date.now() + 2 * HOUR_MS), forgetful ? 0 : 2);
    assert.equal(await sweep(store, Date.now() + 2 * HOUR_MS), 0, 'it is gone');
    assert.deepEqual(await treeOf(store), { f: 'x' });
  });

  it('a writer that is under way does not notice a sweep', async (store) => {
    const writer = await store.create('d/large');
    for (let i = 0; i < 6; i++) await writer.write([Buffer.alloc(1 << 20, i)]);
    assert.equal(await sweep(store, Date.now() + HOUR_MS / 2), 0);
    await writer.write([Buffer.from('end')]);
    await writer.commit();
    assert.equal((await copyOf(store, 'd/large', 6 << 20, 3)).toString(), 'end');
  });

  it('a writer whose file was swept away fails, and the next one works', async (store) => {
    const writer = await store.create('large');
    // More than is on its way at a time: of an upload whose only part arrives while it is aborted, S3 leaves open whether it goes.
    for (let i = 0; i < 31; i++) await writer.write([Buffer.alloc(1 << 20, i)]);
    await sweep(store, Date.now() + 2 * HOUR_MS);
    if (forgetful) return writer.abort();
    await assert.rejects(writer.commit(), AlluviumError);
    assert.equal(await store.status('large'), undefined);
    await put(store, 'large', 'small');
    assert.deepEqual(await treeOf(store), { large: 'small' });
  });
}
