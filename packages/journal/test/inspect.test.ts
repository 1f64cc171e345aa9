import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlluviumError } from '@alluvium/base';
import {
  entryLine,
  kindOfEntry,
  readableEntry,
  salvageJournal,
  verifyJournal,
  type JournalEntry,
  type JournalReport,
  type Salvaged,
} from '@alluvium/journal';
import { journal } from '@alluvium/wire';
import { HEADER_BYTES } from '@alluvium/journal/record.js';
import { Ledger, sorted, stateAfter } from './support/ledger.js';
import { HOME, World } from './support/world.js';

const TARGET = '/home/salvaged';

/** Two writers, a checkpoint in the middle, several segments, operations behind all of them. */
async function history(): Promise<World> {
  const world = new World({ reserveBytes: 0, segmentBytes: 200 });
  await world.open();
  await world.commit(5);
  await world.journal.checkpoint();
  await world.commit(6);
  await world.close();
  await world.open();
  await world.commit(5);
  await world.close();
  return world;
}

const verify = (world: World): Promise<JournalReport> => verifyJournal(world.disk.mount(), HOME);

async function starts(world: World): Promise<boolean> {
  try {
    await world.open();
    await world.close();
    return true;
  } catch (error) {
    assert.ok(error instanceof AlluviumError && error.kind === 'dataLoss', String(error));
    return false;
  }
}

/** Takes everything, whatever came before. */
class Taker extends Ledger {
  applyFitting(entries: readonly JournalEntry[]): { reason: undefined; setAside: [] } {
    for (const entry of entries) this.apply(entry);
    return { reason: undefined, setAside: [] };
  }
}

async function salvage(world: World, skipDamaged: boolean, lines: string[] = []): Promise<Salvaged> {
  return salvageJournal(world.disk.mount(), {
    from: HOME,
    to: TARGET,
    skipDamaged,
    nowMs: 1,
    state: new Taker(),
    looked: () => {},
    say: (line) => Promise.resolve(void lines.push(line)),
  });
}

test('a whole journal is found whole', async () => {
  const world = await history();
  const report = await verify(world);
  assert.deepEqual(new Set(report.files.map(({ verdict }) => verdict)), new Set(['ok']));
  assert.deepEqual(
    { starts: report.starts, damaged: report.damaged, last: report.lastSequence, checkpoint: report.checkpointSequence, lost: report.lost },
    { starts: true, damaged: false, last: 16, checkpoint: 5, lost: [] },
  );
});

test('what is said to start starts, and what is said to be damaged does not, whichever byte is damaged', async () => {
  const world = await history();
  for (const path of [...world.files('segments'), ...world.files('checkpoints')]) {
    const { length } = await world.read(path);
    for (let at = 0; at < length; at += 5) {
      const damaged = await world.copy();
      damaged.disk.flipBit(path, at * 8 + (at % 8));
      const before = await damaged.read(path);
      const report = await verify(damaged);
      assert.deepEqual(await damaged.read(path), before, 'nothing is changed');
      assert.equal(report.damaged || report.files.some(({ verdict }) => verdict === 'torn'), true, `${path} ${at}`);
      // The end of the last segment may be torn: nobody knows that it was acknowledged.
      damaged.acknowledged = 0;
      assert.equal(report.starts, await starts(damaged), `${path} ${at}: ${JSON.stringify(report)}`);
    }
  }
});

test('a journal cut off at any byte is told as a start takes it', async () => {
  const world = await history();
  const path = world.lastSegment();
  const bytes = await world.read(path);
  for (let length = 0; length < bytes.length; length++) {
    const cut = await world.copy();
    await cut.put(path, bytes.subarray(0, length));
    cut.acknowledged = 0;
    const report = await verify(cut);
    assert.equal(report.starts, true);
    assert.equal(report.damaged, false);
    await cut.open();
    assert.equal(report.lastSequence, cut.journal.lastSequence);
    await cut.close();
  }
});

test('operations of a writer that was fenced do not count', async () => {
  const world = await history();
  const old = world.files('segments').findLast((path) => path.endsWith('1.seg'))!;
  const bytes = await world.read(old);
  const record = bytes.subarray(HEADER_BYTES);
  // It goes on where the second writer has begun, with a record that only looks whole.
  await world.put(old, Buffer.concat([bytes, await renumbered(record)]));
  const report = await verify(world);
  assert.equal(report.starts, true);
  assert.match(report.files.find(({ file }) => old.endsWith(file))!.detail, /from 12 on of a writer that was fenced, not used/);
});

/** The first record of `records` as operation 12. */
async function renumbered(records: Buffer): Promise<Buffer> {
  const { encodeRecord, decodeRecord, checkRecord, epochAt } = await import('@alluvium/journal/record.js');
  const { entries } = decodeRecord(records, 0, checkRecord(records, 0)!);
  return Buffer.concat(encodeRecord(12, epochAt(records, 0), 0, entries));
}

test('damage is told with file, byte, what is lost and what to do', async () => {
  const world = await history();
  const path = world.files('segments').at(-2)!;
  const first = Number.parseInt(path.slice(-37, -21), 16);
  world.disk.flipBit(path, (HEADER_BYTES + 30) * 8);
  const report = await verify(world);
  const found = report.files.find(({ verdict }) => verdict === 'damaged')!;
  assert.equal(`${HOME}/${found.file}`, path);
  assert.equal(found.offset, HEADER_BYTES);
  assert.match(found.detail, new RegExp(`does not match its checksum; operation ${first} is lost`));
  assert.match(found.advice!, /restore the file from a copy; .*alluvium journal salvage.*backup/);
  assert.deepEqual(report.lost, [{ from: first, to: first }]);
});

test('what a crash left half written and what is no part of a journal is told apart', async () => {
  const world = await history();
  await world.put(`${HOME}/checkpoints/0000000000000009-0000000000000001.ckp.tmp`, Buffer.from('half'));
  await world.put(`${HOME}/segments/notes.txt`, Buffer.from('mine'));
  const { files, damaged } = await verify(world);
  assert.equal(damaged, false);
  assert.deepEqual(
    files.filter(({ verdict }) => verdict !== 'ok').map(({ file, verdict }) => [file, verdict]),
    [
      ['checkpoints/0000000000000009-0000000000000001.ckp.tmp', 'leftover'],
      ['segments/notes.txt', 'other'],
    ],
  );
});

test('a directory that is no journal is refused', async () => {
  const world = await history();
  const disk = world.disk.mount();
  await assert.rejects(verifyJournal(disk, '/nowhere'), /"\/nowhere": it does not exist/);
  await disk.makeDirectory('/other/FileSystemMaster');
  await assert.rejects(verifyJournal(disk, '/other'), /it is a journal of Alluxio; take a backup/);
  await assert.rejects(verifyJournal(disk, world.lastSegment()), /it is a file/);
  await assert.rejects(verifyJournal(disk, '/home'), /it has none of epochs, segments, checkpoints/);
});

test('what is salvaged starts: the history up to the damage, or all but what is lost in it', async () => {
  const world = await history();
  for (const path of world.files('segments').slice(-4)) {
    const { length } = await world.read(path);
    for (let at = 0; at < length; at += 11) {
      for (const skipDamaged of [false, true]) {
        const damaged = await world.copy();
        damaged.disk.flipBit(path, at * 8 + (at % 8));
        const { lost } = await verify(damaged);
        const result = await salvage(damaged, skipDamaged);
        assert.equal(
          result.lost,
          lost.reduce((sum, { from, to }) => sum + to - from + 1, 0),
        );
        const isLost = (sequence: number): boolean => lost.some(({ from, to }) => from <= sequence && sequence <= to);
        const kept = damaged.tags
          .slice(0, result.sequence - (skipDamaged ? 0 : result.lost + result.leftOut))
          .filter((_, index) => !isLost(index + 1));
        const opened = await openAt(damaged, TARGET);
        assert.deepEqual(sorted(opened.lengths), sorted(stateAfter(kept)), `${path} ${at}`);
      }
    }
  }
});

async function openAt(world: World, directory: string): Promise<Ledger> {
  const { localDirectoryStorage, openJournal } = await import('@alluvium/journal');
  const { silentLogger } = await import('@alluvium/platform');
  const state = new Ledger();
  const storage = localDirectoryStorage(world.disk.mount(), directory);
  const opened = await openJournal({ storage, clock: world.clock, log: silentLogger, state, options: { reserveBytes: 0 } });
  await opened.close();
  return state;
}

test('a segment that a running master removes meanwhile is told as that', async () => {
  const world = await history();
  const disk = world.disk.mount();
  const [first] = world.files('segments');
  const verified = verifyJournal(disk, HOME, (file) => void (file.endsWith('.ckp') && disk.remove(first!)));
  await assert.rejects(verified, { kind: 'aborted', message: /it was removed meanwhile.*run this again/ });
});

test('salvaging never writes into the damaged journal, nor over anything else', async () => {
  const world = await history();
  const disk = world.disk.mount();
  const base = { from: HOME, skipDamaged: true, nowMs: 1, state: new Taker(), looked: () => {}, say: () => Promise.resolve() };
  await assert.rejects(salvageJournal(disk, { ...base, to: `${HOME}/new` }), /it is in the damaged journal/);
  await assert.rejects(salvageJournal(disk, { ...base, to: HOME }), /it is in the damaged journal/);
  await world.put(`${TARGET}/mine`, Buffer.from('x'));
  await assert.rejects(salvageJournal(disk, { ...base, to: TARGET }), /it is not empty/);
  await assert.rejects(salvageJournal(disk, { ...base, to: `${TARGET}/mine` }), /it is a file/);
});

test('what is lost is told with what it was probably about', async () => {
  const entry: JournalEntry = { inodeFile: { id: 5n, parentId: 0n, name: 'report-2026.csv', path: '/sales/report-2026.csv' } };
  const world = new World({ reserveBytes: 0 });
  await world.open();
  await world.commit(1);
  world.journal.append([entry]);
  await world.journal.flushed();
  world.journal.append([entry]);
  await world.close();
  const path = world.lastSegment();
  const at = (await world.read(path)).indexOf('/sales');
  world.disk.flipBit(path, (at - 40) * 8 + 7);
  const lines: string[] = [];
  await salvage(world, false, lines);
  assert.match(lines.join('\n'), /operation 2 is lost: segments\/.*-0000000000000001.seg at byte \d+:/);
  assert.match(lines.join('\n'), /probably about .*\/sales\/report-2026.csv/);
  assert.match(lines.join('\n'), /1 whole operations behind the damage are left out; --skip-damaged takes them along/);
});

test('entries are told by the names of the protocol, with times as dates', () => {
  const entry = journal.JournalEntry.decode(
    journal.JournalEntry.encode({
      operationId: { mostSignificantBits: -1n, leastSignificantBits: 1n },
      updateInode: { id: 7n, lastModificationTimeMs: 1_800_000_000_000n, mode: 0o644, ttlAction: 1, xAttr: { a: Buffer.from('b c') } },
    }).finish(),
  );
  assert.equal(
    entryLine(readableEntry(entry)),
    'update_inode id=7 last_modification_time_ms=2027-01-15T08:00:00.000Z mode=0644 ttl_action=FREE x_attr={"a":"b c"} operation=ffffffff-ffff-ffff-0000-000000000001',
  );
  assert.equal(kindOfEntry({ alluvium: { mountPause: { mountId: 1n } } }), 'alluvium.mount_pause');
  const later = journal.JournalEntry.decode(Buffer.from([0xba, 0x06, 0x00]));
  assert.equal(kindOfEntry(later), 'unknown 103');
});
