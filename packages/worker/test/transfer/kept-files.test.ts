import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { nodeDisk, silentLogger } from '@alluvium/platform';
import { KeptFiles } from '@alluvium/worker/transfer/kept-files.js';
import { temporaryDirectory } from '../fakes/cluster.js';
import { patterned } from '../fakes/client-calls.js';

const MIB = 1 << 20;

interface World {
  readonly files: KeptFiles;
  readonly folder: string;
  /** Descriptors of this process that lead into the folder. */
  open(): number;
}

async function world(t: TestContext, { maxIdle = 10 } = {}): Promise<World> {
  const folder = `${await temporaryDirectory(t)}/blocks`;
  mkdirSync(folder);
  const files = new KeptFiles({ disk: nodeDisk(), log: silentLogger, maxIdle });
  t.after(() => files.close());
  return {
    files,
    folder,
    open: () => readdirSync('/proc/self/fd').filter((fd) => targetOf(fd).startsWith(folder)).length,
  };
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

test('a block file stays open for its next reader, up to a number of files that nobody reads', async (t) => {
  const w = await world(t, { maxIdle: 2 });
  for (let i = 0; i < 5; i++) {
    writeFileSync(`${w.folder}/${i}`, patterned(100, i));
    const file = await w.files.open(`${w.folder}/${i}`, 'read');
    assert.equal(w.files.at(`${w.folder}/${i}`)?.readers, 1);
    await file.close();
    await file.close();
  }
  assert.equal(w.files.count, 2);
  await w.files.close();
  assert.equal(w.files.count, 0);
  assert.equal(w.open(), 0);
});

test('what is not a block file is not kept', async (t) => {
  const w = await world(t);
  mkdirSync(`${w.folder}/.meta`);
  for (const name of ['.meta/7', 'cluster', '18cf-7']) {
    writeFileSync(`${w.folder}/${name}`, 'x');
    await using file = await w.files.open(`${w.folder}/${name}`, 'read');
    assert.equal(await file.length(), 1);
  }
  assert.equal(w.files.count, 0);
});

test('a file that is removed and made anew under its name is never read with the old bytes', async (t) => {
  const w = await world(t);
  const path = `${w.folder}/7`;
  for (let generation = 0; generation < 3; generation++) {
    const bytes = patterned(2 * MIB, generation);
    // Both ways in which a block comes into being: a new file, and a file that is renamed.
    writeFileSync(`${path}.new`, bytes);
    await w.files.rename(`${path}.new`, path);
    const file = await w.files.open(path, 'read');
    const read = Buffer.alloc(MIB);
    await file.read(read, MIB);
    assert.ok(bytes.subarray(MIB).equals(read));
    const late = Buffer.alloc(10);
    if (generation === 0) {
      // A removal under the eyes of a reader: he goes on with what he has, the next one does not get it.
      await w.files.remove(path);
      assert.equal(w.files.at(path), undefined);
      await file.read(late, 5);
      assert.ok(bytes.subarray(5, 15).equals(late));
    }
    await file.close();
  }
  await w.files.remove(path);
  await w.files.close();
  assert.equal(w.open(), 0);
});

test('a file that is removed while it is being opened is not kept', async (t) => {
  const w = await world(t);
  const path = `${w.folder}/9`;
  writeFileSync(path, 'old');
  const opening = w.files.open(path, 'read');
  const removing = w.files.remove(path);
  const file = await opening.catch(() => undefined);
  await removing;
  assert.equal(w.files.at(path), undefined);
  await file?.close();
  writeFileSync(path, 'new');
  await using next = await w.files.open(path, 'read');
  const read = Buffer.alloc(3);
  await next.read(read, 0);
  assert.equal(read.toString(), 'new');
});
