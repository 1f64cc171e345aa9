import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { localDirectoryStorage, openJournal } from '@alluvium/journal';
import { nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import { record } from './recordings/record.js';
import { Tape } from './support/tape.js';

/** The sources' place: recordings are not compiled. */
const RECORDINGS = join(fileURLToPath(import.meta.url), '../../../../../../packages/journal/test/recordings');

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'alluvium-recording-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

async function readBack(directory: string): Promise<string[]> {
  const state = new Tape();
  const storage = localDirectoryStorage(nodeDisk(), directory);
  const journal = await openJournal({ storage, clock: nodeClock, log: silentLogger, state, options: { reserveBytes: 0 } });
  await journal.close();
  return state.lines();
}

const expected = async (directory: string): Promise<string[]> =>
  (await readFile(join(directory, 'expected.txt'), 'utf8')).trimEnd().split('\n');

test('a journal of every released version is read', async (t) => {
  const versions = (await readdir(RECORDINGS)).filter((name) => /^v\d+$/.test(name));
  assert.deepEqual(versions, ['v1']);
  for (const version of versions) {
    const directory = await scratch(t);
    await cp(join(RECORDINGS, version), directory, { recursive: true });
    assert.deepEqual(await readBack(directory), await expected(directory), version);
    // And again after this version wrote its epoch to it; and from the log alone.
    assert.deepEqual(await readBack(directory), await expected(directory), version);
    await rm(join(directory, 'checkpoints'), { recursive: true });
    assert.deepEqual(await readBack(directory), await expected(directory), version);
  }
});

test('this version writes what the newest recording holds, byte for byte', async (t) => {
  const directory = await scratch(t);
  await record(directory);
  for (const folder of ['segments', 'checkpoints']) {
    const names = (await readdir(join(RECORDINGS, 'v1', folder))).sort();
    assert.deepEqual((await readdir(join(directory, folder))).sort(), names);
    for (const name of names) {
      assert.deepEqual(await readFile(join(directory, folder, name)), await readFile(join(RECORDINGS, 'v1', folder, name)), name);
    }
  }
});
