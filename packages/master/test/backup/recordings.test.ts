import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JournalEntry } from '@alluvium/journal';
import { decodeBackup } from '@alluvium/master/backup/index.js';
import { nodeGzip } from '@alluvium/platform';
import { journal } from '@alluvium/wire';
import { inodesOf } from '../file/world.js';
import { backedUp, carriedEntries, restoredFrom } from './backup-world.js';

// Made by a real Alluxio 2.9.4 (interop/backup.sh). It is read for ever.
const NAME = 'alluxio-2.9.4';

function recording(name: string): string {
  return join(import.meta.dirname, '../../../../../../packages/master/test/backup/recordings', name);
}

async function read(name: string): Promise<JournalEntry[]> {
  const bytes = readFileSync(recording(`${name}.gz`));
  const out: JournalEntry[] = [];
  const pieces = (async function* () {
    yield bytes;
  })();
  for await (const batch of decodeBackup(pieces, name, nodeGzip)) out.push(...batch);
  return out;
}

/** One entry a line, in an order that does not hang on how they are kept. */
function text(entries: readonly object[]): string {
  const line = (entry: object): string =>
    JSON.stringify(entry, (_, value: unknown) => {
      if (typeof value === 'bigint') return `${value}`;
      if (value instanceof Map) return Object.fromEntries(value);
      if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
      const buffer = value as { readonly type?: unknown; readonly data?: readonly number[] } | null;
      return buffer?.type === 'Buffer' ? Buffer.from(buffer.data!).toString('hex') : value;
    });
  return `${entries.map(line).sort().join('\n')}\n`;
}

test('a backup of a real Alluxio 2.9.4 is restored with all that it has', async () => {
  const { world, cluster, restored, warnings } = await restoredFrom(await read(NAME));
  assert.deepEqual([restored.ignored, warnings], [new Map(), []]);
  assert.equal(cluster.clusterId, 'a310cff5-44aa-4556-8d0b-0908ac69427a');
  // Inodes as they are kept: what entries leave unsaid is here too.
  const others = [...carriedEntries(world)].filter(
    ({ inodeFile, inodeDirectory, updateInode }) => !(inodeFile ?? inodeDirectory ?? updateInode),
  );
  const found = text([...inodesOf(world), ...others]);
  if (process.env['ALLUVIUM_RECORD'] !== undefined) writeFileSync(recording(`${NAME}.jsonl`), found);
  assert.equal(found, readFileSync(recording(`${NAME}.jsonl`), 'utf8'));
});

test('a backup of what Alluxio 2.9.4 backed up has the same entries, byte for byte', async () => {
  const theirs = await read(NAME);
  const { world, cluster } = await restoredFrom(theirs);
  const ours = await backedUp(world, undefined, cluster);
  const hex = (entry: JournalEntry): string => journal.JournalEntry.encode(entry).finish().toString('hex');
  const wanted = new Set(theirs.map(hex));
  assert.equal(ours.length, theirs.length);
  assert.deepEqual(text(ours.filter((entry) => !wanted.has(hex(entry)))).trim(), '');
});
