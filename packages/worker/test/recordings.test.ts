import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32c, nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import { recoverDirectory } from '@alluvium/worker/store/recover.js';
import { decodeSidecar } from '@alluvium/worker/store/sidecar.js';
import { StorageDirectory } from '@alluvium/worker/store/storage-directory.js';
import { temporaryDirectory } from './fakes/cluster.js';
import { describe } from './recordings/record.js';

/** The sources' place: recordings are not compiled. */
const RECORDINGS = join(import.meta.dirname, '../../../../../packages/worker/test/recordings');
const VERSIONS = (await readdir(RECORDINGS)).filter((name) => /^v\d+$/.test(name));

test('the sidecars of every version are read', async () => {
  assert.ok(VERSIONS.length > 0);
  for (const version of VERSIONS) {
    const directory = join(RECORDINGS, version);
    const expected = JSON.parse(await readFile(join(directory, 'expected.json'), 'utf8')) as { blockId: string }[];
    assert.ok(expected.length > 0);
    for (const wanted of expected) {
      const sidecar = decodeSidecar(await readFile(join(directory, wanted.blockId)), wanted.blockId);
      assert.ok(sidecar !== undefined, wanted.blockId);
      assert.deepEqual(describe(sidecar), wanted);
    }
  }
});

test('a worker does not start over blocks of a later version, and leaves them alone', async (t) => {
  const recorded = await readFile(join(RECORDINGS, 'v1', '16777216'));
  for (const [offset, value, said] of [
    [4, 3, 'format 3, flags 0'],
    [6, 2, 'format 1, flags 2'],
  ] as const) {
    const path = await temporaryDirectory(t);
    const directory = new StorageDirectory({ path, tierAlias: 'SSD', mediumType: 'SSD', capacityBytes: 1000, dataFolder: 'alluxioworker' });
    const { layout } = directory;
    await mkdir(layout.sidecars, { recursive: true });
    const later = Buffer.from(recorded);
    later[offset] = value;
    later.writeUInt32LE(crc32c(later.subarray(0, -4)), later.length - 4);
    await writeFile(`${layout.sidecars}/16777216`, later);
    await writeFile(`${layout.root}/16777216`, 'abc');
    const opened = recoverDirectory(
      directory,
      { clock: nodeClock, disk: nodeDisk(), log: silentLogger, folderMode: 0o777 },
      async () => undefined,
    );
    await assert.rejects(opened, {
      kind: 'failedPrecondition',
      message: new RegExp(`Cannot read sidecar ".*/16777216": it has ${said}.*format 2.*start that version`),
    });
    assert.deepEqual(await readFile(`${layout.sidecars}/16777216`), later);
    assert.equal(await readFile(`${layout.root}/16777216`, 'utf8'), 'abc');
  }
});
