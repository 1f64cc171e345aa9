// A backup of the program while it works, and a cluster made from it.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sleep } from '@alluvium/base';
import { connect, type FileSystem } from '@alluvium/client';
import { nodeClock } from '@alluvium/platform';
import { Program } from './support/program.js';

const LANES = 8;
const PER_LANE = 250;
/** The backup begins when so many files have been acknowledged. */
const BEGIN = 300;

const name = (lane: number, at: number): string => `/lane-${lane}/file-${at}`;

async function connectTo(program: Program): Promise<FileSystem> {
  const [host, port] = program.state().master.split(':');
  return connect({ host: host!, port: Number(port) });
}

interface Told {
  /** Acknowledged before the backup was asked for. */
  readonly before: string[];
  /** Begun after it was told to be complete. */
  readonly after: string[];
  readonly uri: string;
}

async function backUpWhileCreating(fs: FileSystem): Promise<Told> {
  const acknowledged: string[] = [];
  const after: string[] = [];
  const enough = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  let ended = false;
  const lane = async (number: number): Promise<void> => {
    for (let at = 0; at < PER_LANE; at++) {
      const path = name(number, at);
      if (ended) after.push(path);
      await (await fs.create(path, { recursive: true, writeType: 'MUST_CACHE' })).close();
      if (acknowledged.push(path) === BEGIN) enough.resolve();
      // The last ones are made when the backup has ended.
      if (at === PER_LANE - 20) await over.promise;
    }
  };
  const lanes = Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  await Promise.race([enough.promise, lanes]);
  const before = [...acknowledged];
  let progress = await fs.admin.backup();
  while (progress.state !== 'Completed') {
    assert.notEqual(progress.state, 'Failed');
    await sleep(nodeClock, 2);
    progress = await fs.admin.backupProgress(progress.backupId);
  }
  ended = true;
  over.resolve();
  await lanes;
  return { before, after, uri: progress.uri! };
}

test('a backup taken while files are created holds one moment, and a cluster made from it has exactly that', async (t) => {
  const source = new Program(t);
  assert.equal(source.start(source.store).code, 0);
  const fs = await connectTo(source);
  const { before, after, uri } = await backUpWhileCreating(fs).finally(() => fs.close());
  const file = uri.replace('file://', '');
  assert.ok(file.startsWith(join(source.home, 'backups')), file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(source.home, 'backups')).length, 2);
  assert.ok(before.length >= BEGIN && after.length > 0);

  const target = new Program(t);
  const started = target.start('--from-backup', file, target.store);
  assert.equal(started.code, 0, started.err);
  const other = await connectTo(target);
  const restored = new Set<string>();
  try {
    for await (const status of other.list('/', { recursive: true })) restored.add(status.path);
  } finally {
    await other.close();
  }
  assert.deepEqual(
    before.filter((path) => !restored.has(path)),
    [],
    'acknowledged before the backup began',
  );
  assert.deepEqual(
    after.filter((path) => restored.has(path)),
    [],
    'created after the backup ended',
  );
  for (let lane = 0; lane < LANES; lane++) {
    const there = Array.from({ length: PER_LANE }, (_, at) => restored.has(name(lane, at)));
    assert.ok(!there.slice(there.indexOf(false)).includes(true) || !there.includes(false), `lane ${lane} has a hole`);
  }

  target.run(['stop']);
  const again = target.start('--from-backup', file, target.store);
  assert.equal(again.code, 1);
  assert.match(again.err, /Cannot restore ".*": the journal .* is not empty/);
  assert.equal(target.start(`-Dalluxio.master.journal.init.from.backup=${file}`, target.store).code, 0);
  assert.match(target.log(), /nothing is restored from a backup: the journal is not empty/);
});

test('a damaged backup is refused, and the home is as it was', (t) => {
  const source = new Program(t);
  assert.equal(source.start(source.store).code, 0);
  const made = source.run(['--master', source.state().master, 'fsadmin', 'backup', '--local', source.path('mine')]);
  assert.equal(made.code, 0, made.err);
  const file = /Backup URI +: file:\/\/(\S+)/.exec(made.out)![1]!;
  const listed = source.run(['--master', source.state().master, 'fsadmin', 'backups']);
  assert.ok(listed.out.includes(file), listed.out);
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 4;
  const damaged = source.path('damaged.gz');
  writeFileSync(damaged, bytes);

  const target = new Program(t);
  const refused = target.start('--from-backup', damaged, target.store);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /Cannot read the backup/);
  assert.ok(
    !existsSync(join(target.home, 'journal', 'checkpoints')) || readdirSync(join(target.home, 'journal', 'checkpoints')).length === 0,
  );
  assert.equal(target.start('--from-backup', file, target.store).code, 0);
});
