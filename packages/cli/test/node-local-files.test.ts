import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { nodeLocalFiles } from '@alluvium/cli';

async function directory(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'alluvium-cli-'));
  context.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

const signal = new AbortController().signal;

test('files are read in chunks that stay as they are', async (context) => {
  const path = join(await directory(context), 'f');
  const bytes = Buffer.alloc(2_500_000);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 7) & 255;
  await writeFile(path, bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of nodeLocalFiles.read(path, signal)) chunks.push(chunk);
  assert.ok(chunks.length >= 3);
  assert.ok(Buffer.concat(chunks).equals(bytes));
});

test('what is there is told by kind; links are followed, links to directories inside a directory told', async (context) => {
  const root = await directory(context);
  await mkdir(join(root, 'd'));
  await writeFile(join(root, 'f'), 'abc');
  await symlink(join(root, 'f'), join(root, 'link-f'));
  await symlink(root, join(root, 'loop'));
  await symlink(join(root, 'gone'), join(root, 'nowhere'));
  assert.deepEqual(await nodeLocalFiles.list(root), [
    { name: 'd', kind: 'directory', lengthBytes: 0 },
    { name: 'f', kind: 'file', lengthBytes: 3 },
    { name: 'link-f', kind: 'file', lengthBytes: 3 },
    { name: 'loop', kind: 'directoryLink', lengthBytes: 0 },
  ]);
  assert.deepEqual(await nodeLocalFiles.stat(join(root, 'loop')), { name: 'loop', kind: 'directory', lengthBytes: 0 });
  assert.equal(await nodeLocalFiles.stat(join(root, 'gone')), undefined);
  assert.equal((await nodeLocalFiles.stat('/dev/null'))!.kind, 'other');
});

test('a rename without overwrite never replaces', async (context) => {
  const root = await directory(context);
  const [from, to] = [join(root, 'from'), join(root, 'to')];
  await writeFile(from, 'new');
  await writeFile(to, 'old');
  await assert.rejects(nodeLocalFiles.rename(from, to, { overwrite: false }), { kind: 'alreadyExists' });
  assert.equal(await readFile(to, 'utf8'), 'old');
  await nodeLocalFiles.rename(from, to, { overwrite: true });
  assert.equal(await readFile(to, 'utf8'), 'new');
  await nodeLocalFiles.rename(to, from, { overwrite: false });
  assert.deepEqual(await readdir(root), ['from']);
});

test('a new file is written, and is refused where one is', async (context) => {
  const root = await directory(context);
  const path = join(root, 'f');
  const writer = await nodeLocalFiles.create(path);
  await writer.write(Buffer.from('ab'));
  await writer.write(Buffer.from('cd'));
  await writer.close();
  assert.equal(await readFile(path, 'utf8'), 'abcd');
  await assert.rejects(nodeLocalFiles.create(path), { kind: 'alreadyExists' });
  await assert.rejects(nodeLocalFiles.create(join(root, 'no', 'f')), { kind: 'notFound' });
  const given = await nodeLocalFiles.create(join(root, 'g'));
  await given.abort();
  await nodeLocalFiles.remove(join(root, 'g'));
  await nodeLocalFiles.remove(join(root, 'g'));
  await nodeLocalFiles.makeDirectory(join(root, 'd'));
  await nodeLocalFiles.makeDirectory(join(root, 'd'));
  assert.deepEqual(await readdir(root), ['d', 'f']);
});

test('a read ends when it is interrupted', async (context) => {
  const path = join(await directory(context), 'f');
  await writeFile(path, Buffer.alloc(3_000_000));
  const controller = new AbortController();
  await assert.rejects(async () => {
    for await (const _ of nodeLocalFiles.read(path, controller.signal)) controller.abort(new Error('enough'));
  }, /enough/);
});
