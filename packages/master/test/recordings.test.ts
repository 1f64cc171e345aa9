import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { listJournal, localDirectoryStorage, openJournal, readableEntry, scanSegment, verifyJournal } from '@alluvium/journal';
import { decodeBackup, restoreBackup } from '@alluvium/master/backup/index.js';
import { nodeClock, nodeDisk, nodeGzip, silentLogger } from '@alluvium/platform';
import { journal } from '@alluvium/wire';
import { differences, RecordedState } from './recordings/recorded-state.js';

const ROOT = join(import.meta.dirname, '../../../../..');
/** The sources' place: recordings are not compiled. */
const RECORDINGS = join(ROOT, 'packages/master/test/recordings');
const VERSIONS = (await readdir(RECORDINGS)).filter((name) => /^v\d+$/.test(name));

/** Kinds of Alluxio's journal that this master never writes. */
const NEVER_WRITTEN: ReadonlySet<string> = new Set([
  ...['complete_file', 'inode_last_modification_time', 'persist_directory', 'async_persist_request', 'set_attribute'],
  ...['add_sync_point', 'remove_sync_point', 'active_sync_tx_id', 'load_job', 'copy_job'],
  ...['add_table', 'attach_db', 'detach_db', 'add_transform_job_info', 'remove_transform_job_info', 'complete_transform_table'],
  ...['update_database_info', 'remove_table', 'add_table_partitions'],
]);

/** Fields of kinds that are written, which this master never writes. */
const FIELDS_NEVER_WRITTEN: ReadonlySet<string> = new Set(['rename.dst_path', 'block_info.block_location']);

async function copyOf(t: TestContext, version: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'alluvium-recording-'));
  t.after(() => rm(directory, { recursive: true }));
  await cp(join(RECORDINGS, version), directory, { recursive: true });
  return directory;
}

async function stateOf(directory: string): Promise<RecordedState> {
  const recorded = new RecordedState();
  const storage = localDirectoryStorage(nodeDisk(), `${directory}/journal`);
  const opened = await openJournal({ storage, clock: nodeClock, log: silentLogger, state: recorded.state, options: { reserveBytes: 0 } });
  await opened.close();
  return recorded;
}

const expected = async (directory: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(directory, 'expected.json'), 'utf8')) as Record<string, unknown>;

/** What a backup does not have: it is for Alluxio too. */
function inBackup(state: Record<string, unknown>): Record<string, unknown> {
  const { blocks, mounts, modes, clusterId, pathProperties } = state;
  const inodes = Object.fromEntries(
    Object.entries(
      state['inodes'] as Record<string, { path: string; length?: number; blocks?: unknown; ttlMs: number; owner: string }>,
    ).map(([inode, { path, length, blocks: ids, ttlMs, owner }]) => [inode, { path, length, blocks: ids, ttlMs, owner }]),
  );
  return JSON.parse(JSON.stringify({ inodes, blocks, mounts, modes, clusterId, pathProperties })) as Record<string, unknown>;
}

for (const version of VERSIONS) {
  test(`the journal that ${version} has written comes to the state that it was, by its checkpoint and without`, async (t) => {
    const directory = await copyOf(t, version);
    const report = await verifyJournal(nodeDisk(), `${directory}/journal`);
    assert.equal(report.starts && !report.damaged, true);
    assert.ok(report.checkpointSequence > 0);
    assert.equal(report.files.filter(({ verdict }) => verdict === 'torn').length, 1);
    const wanted = await expected(directory);
    assert.deepEqual(differences((await stateOf(directory)).describe(), wanted), []);
    await rm(`${directory}/journal/checkpoints`, { recursive: true });
    assert.deepEqual(differences((await stateOf(directory)).describe(), wanted), []);
  });

  test(`the backup that ${version} has written comes to the state that it was`, async (t) => {
    const directory = await copyOf(t, version);
    const recorded = new RecordedState();
    const target = { ...recorded, clock: nodeClock, log: silentLogger };
    const bytes = [await readFile(join(directory, 'backup.gz'))];
    await restoreBackup(decodeBackup(streamOf(bytes), 'backup.gz', nodeGzip), 'backup.gz', target);
    assert.deepEqual(differences(recorded.describe(), inBackup(await expected(directory))), []);
  });
}

async function* streamOf(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

test('every kind of entry that the master can write, with every field, is in a recording', async () => {
  const recorded = await recordedFields();
  const missing: string[] = [];
  for (const [kind, fields] of protocolFields()) {
    if (NEVER_WRITTEN.has(kind)) continue;
    const has = recorded.get(kind);
    if (has === undefined) missing.push(kind);
    else missing.push(...fields.filter((field) => !has.has(field)).map((field) => `${kind}.${field}`));
  }
  const message = 'make a new recording with test/recordings/record.ts, in a directory of the next version; the others stay';
  assert.deepEqual(
    missing.filter((name) => !FIELDS_NEVER_WRITTEN.has(name)),
    [],
    message,
  );
});

test('kinds of entries that are in no recording are not written', () => {
  const sources = globSync('packages/{master,server}/src/**/*.ts', { cwd: ROOT })
    .map((name) => [name, readFileSync(join(ROOT, name), 'utf8')])
    .filter(([, text]) => text!.includes('JournalEntry'));
  for (const kind of NEVER_WRITTEN) {
    const field = kind.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const writers = sources.filter(([, text]) => new RegExp(`[{,]\\s*${field}: \\{`).test(text!)).map(([name]) => name);
    // To change one when it is read from a backup is not to write it; restoring turns old kinds into others.
    assert.deepEqual(
      writers.filter((name) => !name!.includes('/backup/')),
      [],
      kind,
    );
  }
});

/** Fields by kind, over all recordings. */
async function recordedFields(): Promise<Map<string, Set<string>>> {
  const out = new Map<string, Set<string>>();
  const disk = nodeDisk();
  for (const version of VERSIONS) {
    for (const file of (await listJournal(disk, join(RECORDINGS, version, 'journal'))).segments) {
      for (const part of scanSegment(await disk.readFile(file.path), file, file.path)) {
        if (part.kind !== 'record') continue;
        for (const entry of journal.JournalEntry.decode(part.payload).journalEntries ?? []) {
          const { kind, fields } = readableEntry(entry);
          const has = out.get(kind) ?? new Set();
          for (const field of Object.keys(fields)) has.add(field);
          out.set(kind, has);
        }
      }
    }
  }
  return out;
}

/** Kinds of entries as the protocol has them, with the fields of their messages, in the names that `readableEntry` gives. */
function protocolFields(): [string, string[]][] {
  const messages = new Map<string, [string, string][]>();
  for (const name of ['alluvium/journal', 'proto/journal/journal', 'proto/journal/file', 'proto/journal/block', 'proto/journal/meta']) {
    const text = readFileSync(join(ROOT, `packages/wire/proto/${name}.proto`), 'utf8');
    for (const [, message, body] of text.matchAll(/^message (\w+) \{\n([^]*?)^\}/gm)) {
      const fields = [...body!.matchAll(/^\s*(?:optional |repeated )?([\w.]+|map<[^>]*>) (\w+) = \d+/gm)];
      messages.set(
        message!,
        fields.map(([, type, field]) => [field!, type!.replace(/.*\./, '')]),
      );
    }
  }
  const snake = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const fieldsOf = (type: string): string[] => (messages.get(type) ?? []).map(([field]) => snake(field));
  const kinds = messages
    .get('JournalEntry')!
    .filter(([field]) => !['sequence_number', 'journal_entries', 'operationId', 'alluvium'].includes(field))
    .map(([field, type]): [string, string[]] => [field, fieldsOf(type)]);
  const own = messages.get('Extension')!.map(([field, type]): [string, string[]] => [`alluvium.${field}`, fieldsOf(type)]);
  assert.ok(kinds.length > 30 && own.length >= 4, 'the protocol is read');
  return [...kinds, ...own];
}
