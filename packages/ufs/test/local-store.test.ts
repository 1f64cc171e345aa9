// What only a local directory can get wrong.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { AlluviumError } from '@alluvium/base';
import { LocalStore } from '@alluvium/ufs/local/node-local-store.js';
import { contentHashOf } from '@alluvium/ufs/local/content-hash.js';
import { AccountNames } from '@alluvium/ufs/local/node-account-names.js';
import { DurableNames } from '@alluvium/ufs/local/node-durable-names.js';
import { LocalWriter } from '@alluvium/ufs/local/node-local-writer.js';
import { TemporaryFiles } from '@alluvium/ufs/local/node-temporary-files.js';
import { TEMPORARY_FOLDER as FOLDER, isTemporaryName, temporaryName } from '@alluvium/ufs/local/temporary-names.js';
import { SeededRandom } from '@alluvium/testkit';
import { names, put, text, treeOf } from './support/store-calls.js';
import { temporaryDirectory } from './support/subjects.js';

interface Place {
  readonly store: LocalStore;
  /** Served by the store. */
  readonly root: string;
  /** Beside it. */
  readonly outside: string;
}

async function place(t: TestContext): Promise<Place> {
  const base = await temporaryDirectory(t);
  const [root, outside] = [join(base, 'root'), join(base, 'outside')];
  await mkdir(root);
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'secret', { mode: 0o644 });
  return { store: new LocalStore(root, root, new SeededRandom(1)), root, outside };
}

/** An empty directory on another file system than the temporary ones, where there is one. */
async function otherFileSystem(t: TestContext): Promise<string | undefined> {
  const here = await stat(tmpdir());
  const shared = await stat('/dev/shm').catch(() => undefined);
  if (shared === undefined || shared.dev === here.dev) return undefined;
  const directory = await mkdtemp('/dev/shm/alluvium-ufs-');
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('paths never leave a store, not even by links', async (t) => {
  const { store, root, outside } = await place(t);
  await symlink(outside, join(root, 'directory'));
  await symlink(join(outside, 'secret'), join(root, 'file'));
  await symlink('../outside', join(root, 'relative'));
  await mkdir(join(root, 'sub'));
  await symlink(outside, join(root, 'sub/deep'));
  await put(store, 'mine', 'x');
  const refused = { kind: 'permissionDenied' };
  for (const path of ['directory', 'directory/secret', 'file', 'relative/secret', 'sub/deep/secret']) {
    await assert.rejects(store.status(path), refused, path);
    await assert.rejects(text(store, path), refused, path);
    await assert.rejects(store.setMode(path, 0o777), refused, path);
    await assert.rejects(store.setOwner(path, 'root', undefined), refused, path);
  }
  for (const path of ['directory/new', 'relative/new', 'sub/deep/new', 'directory/not/yet/new']) {
    await assert.rejects(put(store, path, 'x'), refused, path);
    await assert.rejects(store.makeDirectory(path), refused, path);
    await assert.rejects(store.removeFile(path), refused, path);
    await assert.rejects(store.removeDirectory(path, { recursive: true }), refused, path);
    await assert.rejects(store.rename('mine', path), refused, path);
    await assert.rejects(store.rename(path, 'x'), refused, path);
  }
  await assert.rejects(names(store, 'directory'), refused);
  assert.deepEqual(await names(store, ''), ['mine', 'sub'], 'links that lead out are not shown');
  assert.deepEqual(await names(store, '', { recursive: true }), ['mine', 'sub']);
  assert.deepEqual(await readdir(outside), ['secret']);
  assert.equal((await stat(join(outside, 'secret'))).mode & 0o777, 0o644);
});

test('a link that leads out can be removed, and what it leads to stays', async (t) => {
  const { store, root, outside } = await place(t);
  await symlink(outside, join(root, 'directory'));
  await symlink(join(outside, 'secret'), join(root, 'file'));
  assert.equal(await store.removeFile('file'), true);
  assert.equal(await store.removeFile('directory'), true);
  assert.deepEqual(await readdir(root), []);
  assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'secret');
});

test('removing a directory with everything below does not follow links', async (t) => {
  const { store, root, outside } = await place(t);
  await put(store, 'd/f', 'x');
  await symlink(outside, join(root, 'd/out'));
  assert.equal(await store.removeDirectory('d', { recursive: true }), true);
  assert.deepEqual(await readdir(outside), ['secret']);
});

test('a file put where a link leads out replaces the link', async (t) => {
  const { store, root, outside } = await place(t);
  await symlink(join(outside, 'secret'), join(root, 'file'));
  await put(store, 'file', 'ours');
  assert.ok((await lstat(join(root, 'file'))).isFile());
  assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'secret');
});

test('links inside a store are followed, also in a store whose root is one', async (t) => {
  const { store, root } = await place(t);
  await put(store, 'd/f', 'x');
  await symlink('d', join(root, 'link'));
  await symlink('d/f', join(root, 'f'));
  await symlink('nowhere', join(root, 'dangling'));
  await symlink('.', join(root, 'd/up'));
  assert.equal(await text(store, 'link/f'), 'x');
  assert.equal(await text(store, 'f'), 'x');
  assert.equal(await store.status('dangling'), undefined);
  assert.deepEqual(await names(store, ''), ['d', 'f', 'link']);
  assert.deepEqual(await names(store, '', { recursive: true }), ['d', 'd/f', 'd/up', 'f', 'link'], 'it ends');
  const alias = `${root}-alias`;
  await symlink(root, alias);
  const other = new LocalStore(alias, alias, new SeededRandom(1));
  await put(other, 'd/g', 'y');
  assert.equal(await text(store, 'd/g'), 'y');
  assert.equal(await text(other, 'link/g'), 'y');
});

test('NUL and .. are refused before the disk is asked', async (t) => {
  const { store } = await place(t);
  for (const path of ['../outside/secret', 'a/../../outside/secret', 'f\0', '..'])
    await assert.rejects(text(store, path), { kind: 'invalidArgument' });
});

test('a root that is not there is nothing, and is made by the first file', async (t) => {
  const { root } = await place(t);
  const store = new LocalStore(`${root}/later`, `${root}/later`, new SeededRandom(1));
  assert.equal(await store.status(''), undefined);
  await assert.rejects(names(store, ''), { kind: 'notFound' });
  assert.equal(await store.removeFile('f'), false);
  await put(store, 'd/f', 'x');
  assert.deepEqual(await treeOf(store), { 'd/f': 'x' });
});

test('what this user may not do is permissionDenied', { skip: process.getuid?.() === 0 ? 'root may do everything' : false }, async (t) => {
  const { store, root } = await place(t);
  await put(store, 'd/f', 'x', { mode: 0o000 });
  await assert.rejects(text(store, 'd/f'), { kind: 'permissionDenied' });
  await chmod(join(root, 'd'), 0o500);
  t.after(() => chmod(join(root, 'd'), 0o700));
  await assert.rejects(put(store, 'd/g', 'y'), { kind: 'permissionDenied' });
  await assert.rejects(store.removeFile('d/f'), { kind: 'permissionDenied' });
  await assert.rejects(store.rename('d/f', 'e'), { kind: 'permissionDenied' });
});

test(
  'what another user may not do is permissionDenied',
  { skip: process.getuid?.() === 0 ? false : 'needs root to become another user' },
  async (t) => {
    const { store, root } = await place(t);
    await put(store, 'd/f', 'x', { mode: 0o600 });
    await chmod(root, 0o755);
    const { uid } = await stat(root);
    assert.equal(uid, 0);
    const euid = process.geteuid!();
    process.seteuid!(65_534);
    try {
      // The directory above is of mkdtemp, for root alone.
      await assert.rejects(text(store, 'd/f'), { kind: 'permissionDenied' });
      await assert.rejects(store.status('d/f'), { kind: 'permissionDenied' });
      await assert.rejects(put(store, 'g', 'y'), { kind: 'permissionDenied' });
      await assert.rejects(names(store, ''), { kind: 'permissionDenied' });
    } finally {
      process.seteuid!(euid);
    }
    assert.equal(await text(store, 'd/f'), 'x');
  },
);

test('an owner that this machine does not have is refused', async (t) => {
  const { store } = await place(t);
  await put(store, 'f', 'x', { owner: 'nobody-of-this-name', group: 'nor-this' });
  await assert.rejects(store.setOwner('f', 'nobody-of-this-name', undefined), { kind: 'invalidArgument' });
  const status = await store.status('f');
  assert.ok(status !== undefined && status.owner !== '' && status.group !== '');
  await store.setOwner('f', status.owner, status.group);
});

test('pipes and sockets are not served', async (t) => {
  const { store, root } = await place(t);
  if (spawnSync('mkfifo', [join(root, 'pipe')]).status !== 0) return t.skip('this machine has no mkfifo');
  await put(store, 'f', 'x');
  assert.equal(await store.status('pipe'), undefined);
  assert.deepEqual(await names(store, ''), ['f']);
  // Opening it must not wait for a writer.
  await assert.rejects(text(store, 'pipe'), AlluviumError);
});

test('a crash leaves a hidden file at most', async (t) => {
  const { store, root } = await place(t);
  const writer = await store.create('f');
  await writer.write([Buffer.from('half')]);
  const [left] = await readdir(root);
  assert.ok(isTemporaryName(left!), left);
  assert.deepEqual(await names(store, ''), []);
  assert.equal((await stat(join(root, left!))).mode & 0o077, 0, 'nobody else may read it on its way');
  await writer.abort();
  assert.deepEqual(await readdir(root), []);
});

test('files that are being written are neither shown nor served, and their folder goes when it is empty', async (t) => {
  const { store, root } = await place(t);
  const writers = [await store.create('d/f'), await store.create('g')];
  assert.deepEqual((await readdir(root)).toSorted(), [FOLDER, 'd']);
  assert.deepEqual(await readdir(join(root, 'd')), []);
  await put(store, 'h', 'x');
  const [name] = await readdir(join(root, FOLDER));
  for (const path of [FOLDER, `${FOLDER}/${name}`]) {
    assert.equal(await store.status(path), undefined);
    await assert.rejects(names(store, path), { kind: 'notFound' });
    await assert.rejects(text(store, path), { kind: 'notFound' });
    await assert.rejects(store.setMode(path, 0o777), { kind: 'notFound' });
  }
  const refused = { kind: 'invalidArgument', message: /the name .alluvium_temporary is kept for files that are being written$/ };
  for (const path of [FOLDER, `${FOLDER}/${name}`, `d/${FOLDER}/x`]) {
    await assert.rejects(put(store, path, 'x'), refused);
    await assert.rejects(store.makeDirectory(path), refused);
    await assert.rejects(store.removeFile(path), refused);
    await assert.rejects(store.removeDirectory(path, { recursive: true }), refused);
    await assert.rejects(store.rename(path, 'x'), refused);
    await assert.rejects(store.rename('h', path), refused);
  }
  await writers[0]!.commit();
  assert.equal((await readdir(join(root, FOLDER))).length, 1, 'it stays for the other writer');
  await writers[1]!.abort();
  assert.deepEqual((await readdir(root)).toSorted(), ['d', 'h']);
});

test('a folder of temporary files that another process removes or fills meanwhile does no harm', async (t) => {
  const { store, root } = await place(t);
  const other = new LocalStore(root, root, new SeededRandom(2));
  const written = Array.from({ length: 200 }, (_, i) => put(i % 2 === 0 ? store : other, `f${i}`, String(i)));
  await Promise.all(written);
  assert.equal((await names(store, '')).length, 200);
  assert.equal((await readdir(root)).length, 200);
});

test('a sweep removes what is old in the folder and nothing else', async (t) => {
  const { store, root } = await place(t);
  const [old, young] = ['0', '1'].map((digit) => temporaryName('f', `123e4567-e89b-42d3-a456-42661417400${digit}`));
  await mkdir(join(root, FOLDER));
  for (const name of [old!, young!, 'theirs']) await writeFile(join(root, FOLDER, name), 'half');
  await mkdir(join(root, FOLDER, 'directory'));
  for (const name of [old!, 'theirs']) await utimes(join(root, FOLDER, name), 1000, 1000);
  assert.equal(await store.removeAbandoned({ olderThanMs: 1000, nowMs: 1_001_001 }), 1);
  assert.deepEqual((await readdir(join(root, FOLDER))).toSorted(), [young, 'directory', 'theirs'].toSorted());
  await writeFile(join(root, FOLDER, old!), 'half');
  await utimes(join(root, FOLDER, old!), 1000, 1000);
  assert.equal(await store.removeAbandoned({ olderThanMs: 1000, nowMs: 1_001_000 }), 0, 'exactly as old as the limit');
  assert.equal(await new LocalStore('/nowhere', '/nowhere', new SeededRandom(1)).removeAbandoned({ olderThanMs: 0, nowMs: 1 }), 0);
});

test('where the folder cannot serve, a file is written beside its target', async (t) => {
  const { store, root, outside } = await place(t);
  await symlink(outside, join(root, FOLDER));
  for (const replace of [async () => undefined, async () => writeFile(join(root, FOLDER), 'in the way')]) {
    await replace();
    const writer = await store.create('d/f');
    await writer.write([Buffer.from('x')]);
    const [name] = await readdir(join(root, 'd'));
    assert.ok(isTemporaryName(name!), name);
    assert.deepEqual(await names(store, 'd'), []);
    await writer.commit();
    assert.deepEqual(await treeOf(store), { 'd/f': 'x' });
    assert.equal(await store.removeAbandoned({ olderThanMs: 0, nowMs: Number.MAX_SAFE_INTEGER }), 0);
    await store.removeDirectory('d', { recursive: true });
    assert.deepEqual(await readdir(outside), ['secret'], 'a link is not followed');
    await unlink(join(root, FOLDER));
  }
});

test('a file system of its own below the root has its temporary files itself', async (t) => {
  const [root, elsewhere] = [await temporaryDirectory(t), await otherFileSystem(t)];
  if (elsewhere === undefined) return t.skip('this machine has one file system');
  const temporary = await new TemporaryFiles(root, new SeededRandom(1)).open(join(elsewhere, 'f'), elsewhere);
  assert.deepEqual(await readdir(elsewhere), [temporary.path.slice(elsewhere.length + 1)]);
  await temporary.discard();
  assert.deepEqual([...(await readdir(elsewhere)), ...(await readdir(root))], []);
});

test('a rename that is refused between file systems is made good by a copy', async (t) => {
  const [root, elsewhere] = [await temporaryDirectory(t), await otherFileSystem(t)];
  if (elsewhere === undefined) return t.skip('this machine has one file system');
  for (const ifAbsent of [false, true]) {
    const target = join(elsewhere, String(ifAbsent));
    const temporary = { ...(await new TemporaryFiles(root, new SeededRandom(1)).open(join(root, 'f'), root)), beside: `${target}.beside` };
    const options = { ifAbsent, mode: 0o440 };
    const names = new DurableNames(root);
    const writer = new LocalWriter({ temporary, target, parent: elsewhere, options, accounts: new AccountNames(), names });
    await writer.write([Buffer.from('whole')]);
    const stored = await writer.commit();
    assert.equal(await readFile(target, 'utf8'), 'whole');
    const stats = await stat(target);
    assert.equal(stats.mode & 0o777, 0o440);
    assert.deepEqual(stored, { length: 5, contentHash: contentHashOf(stats) });
  }
  assert.deepEqual((await readdir(elsewhere)).toSorted(), ['false', 'true']);
  assert.deepEqual(await readdir(root), []);
});

test('a directory hands its group on to new files when it is marked so', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root to use another group');
  const { store, root } = await place(t);
  await store.makeDirectory('d');
  await chown(join(root, 'd'), -1, 4321);
  await put(store, 'd/plain', 'x');
  await chmod(join(root, 'd'), 0o2775);
  await put(store, 'd/marked', 'x');
  assert.equal((await stat(join(root, 'd/plain'))).gid, process.getgid!());
  assert.equal((await stat(join(root, 'd/marked'))).gid, 4321);
});

test('what a crashed writer left does not keep its directory', async (t) => {
  const { root, store } = await place(t);
  await store.makeDirectory('d');
  const name = temporaryName('f', '123e4567-e89b-42d3-a456-426614174000');
  await writeFile(join(root, 'd', name), 'half');
  await writeFile(join(root, 'd', 'other'), 'whole');
  await assert.rejects(store.removeDirectory('d', { recursive: false }), { kind: 'failedPrecondition' });
  assert.deepEqual((await readdir(join(root, 'd'))).toSorted(), [name, 'other'], 'nothing goes while the directory stays');
  await store.removeFile('d/other');
  assert.equal(await store.removeDirectory('d', { recursive: false }), true);
  assert.deepEqual(await readdir(root), []);
});

test('a file that takes the place of one with its length and time has another version, though not another hash', async (t) => {
  const { store, root } = await place(t);
  const time = new Date(1_700_000_000_000);
  const put = async (name: string, content: string): Promise<void> => {
    await writeFile(join(root, name), content);
    await utimes(join(root, name), time, time);
  };
  await put('f', 'old');
  const old = (await store.status('f'))!;
  assert.equal(await text(store, 'f', { ifMatch: old.version! }), 'old');
  await put('g', 'new');
  await rename(join(root, 'g'), join(root, 'f'));
  const now = (await store.status('f'))!;
  assert.equal(now.contentHash, old.contentHash);
  await assert.rejects(text(store, 'f', { ifMatch: old.version! }), { kind: 'aborted' });
  assert.equal(await text(store, 'f', { ifMatch: now.version! }), 'new');
});

test('names as long as a disk takes have room for their temporary name', () => {
  for (const name of ['x'.repeat(255), '\u{1F30A}'.repeat(63), '日'.repeat(85), 'ü'.repeat(127)]) {
    const temporary = temporaryName(name, '123e4567-e89b-42d3-a456-426614174000');
    assert.ok(Buffer.byteLength(temporary) <= 255, temporary);
    assert.ok(isTemporaryName(temporary));
    assert.ok(!temporary.includes('\uFFFD'));
  }
  for (const name of ['f', '.hidden', 'f.tmp', '.alluvium', 'x.alluxio.0x12.tmp']) assert.ok(!isTemporaryName(name), name);
});

test('a name that is too long is refused', async (t) => {
  const { store } = await place(t);
  await assert.rejects(put(store, 'x'.repeat(256), 'x'), { kind: 'invalidArgument' });
  await assert.rejects(store.status('x'.repeat(256)), { kind: 'invalidArgument' });
});

test('a write that failed cannot be committed', { skip: process.platform === 'linux' ? false : 'needs /dev/full' }, async (t) => {
  const { store, root } = await place(t);
  const writer = await store.create('f');
  await writer.write([Buffer.from('first')]);
  const file = (await readdir(root))[0]!;
  // More than this process may write into one file.
  const limited = spawnSync('prlimit', ['--fsize=3:', '--pid', String(process.pid)]);
  if (limited.status !== 0) return t.skip('this machine has no prlimit');
  process.once('SIGXFSZ', () => undefined);
  try {
    await assert.rejects(writer.write([Buffer.alloc(100)]), AlluviumError);
  } finally {
    spawnSync('prlimit', ['--fsize=unlimited:', '--pid', String(process.pid)]);
  }
  await assert.rejects(writer.commit(), AlluviumError);
  assert.equal(await store.status('f'), undefined);
  assert.ok(!(await readdir(root)).includes(file));
});
