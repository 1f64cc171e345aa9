import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { AuditLog, type AuditLogOptions } from '@alluvium/master/audit/audit-log.js';
import type { AuditRecord } from '@alluvium/master/audit/audit-line.js';
import { silentLogger } from '@alluvium/platform';
import { SeededRandom, SimClock, SimDisk } from '@alluvium/testkit';

const PATH = '/home/logs/audit.log';

function record(source: string): AuditRecord {
  return {
    timeMs: 0,
    succeeded: true,
    allowed: true,
    user: 'root',
    group: 'root',
    via: undefined,
    peer: '10.0.0.1:1',
    command: 'exists',
    source,
    destination: undefined,
    permission: undefined,
    executionUs: 1,
  };
}

class Machine {
  readonly clock = new SimClock();
  readonly disk = new SimDisk(new SeededRandom(5));
  readonly log: AuditLog;

  constructor(options: Partial<AuditLogOptions> = {}) {
    this.log = new AuditLog(this.clock, this.disk.mount(), silentLogger, {
      path: PATH,
      maxBytes: 1 << 20,
      files: 3,
      capacity: 100,
      authentication: 'SIMPLE',
      ...options,
    });
  }

  /** The sources, or what else the lines say, of a file. */
  async lines(path = PATH): Promise<string[]> {
    const text = (await this.disk.mount().readFile(path)).toString();
    assert.ok(text.endsWith('\n'));
    return text
      .slice(0, -1)
      .split('\n')
      .map((line) => /\tsrc=(\S+)/.exec(line)?.[1] ?? line.replace(/^.* - /, ''));
  }
}

test('records are written together, a moment later', async () => {
  const m = new Machine();
  m.log.add(record('/a'));
  m.log.add(record('/b'));
  assert.equal(m.log.waiting, 2);
  await m.clock.advance(50);
  assert.equal(m.log.waiting, 0);
  assert.deepEqual(await m.lines(), ['/a', '/b']);
  m.log.add(record('/c'));
  await m.log.stop();
  assert.deepEqual(await m.lines(), ['/a', '/b', '/c']);
});

test('a log goes on where the last process ended', async () => {
  const m = new Machine();
  m.log.add(record('/a'));
  await m.log.stop();
  m.log.add(record('/b'));
  await m.log.stop();
  assert.deepEqual(await m.lines(), ['/a', '/b']);
});

test('when records come faster than the disk takes them, the rest is counted', async () => {
  const m = new Machine({ capacity: 3 });
  for (let i = 0; i < 10; i++) m.log.add(record(`/${i}`));
  assert.equal(m.log.waiting, 3);
  await m.clock.advance(50);
  m.log.add(record('/later'));
  await m.log.stop();
  assert.deepEqual(await m.lines(), ['7 lines are missing here: they came faster than they could be written', '/0', '/1', '/2', '/later']);
});

test('a full disk costs lines, and is told once there is space', async () => {
  const m = new Machine();
  m.disk.failpoint = ({ verb }) => (verb === 'write' ? fail('resourceExhausted', 'full') : undefined);
  m.log.add(record('/a'));
  await m.clock.advance(50);
  m.log.add(record('/b'));
  await m.clock.advance(50);
  m.disk.failpoint = undefined;
  m.log.add(record('/c'));
  await m.log.stop();
  assert.deepEqual(await m.lines(), ['2 lines are missing here: they came faster than they could be written', '/c']);
});

test('a log that cannot even be opened keeps nobody waiting', async () => {
  const m = new Machine();
  m.disk.failpoint = () => fail('permissionDenied', 'no');
  m.log.add(record('/a'));
  await m.log.stop();
});

test('files are set aside by size and the oldest goes', async () => {
  const m = new Machine({ maxBytes: 400, files: 3 });
  for (let i = 0; i < 9; i++) {
    m.log.add(record(`/${i}`));
    await m.clock.advance(50);
  }
  await m.log.stop();
  const disk = m.disk.mount();
  const names = (await disk.list('/home/logs')).map(({ name }) => name).toSorted();
  assert.deepEqual(names, ['audit.log', 'audit.log.1', 'audit.log.2']);
  const kept = [...(await m.lines(`${PATH}.2`)), ...(await m.lines(`${PATH}.1`)), ...(await m.lines())];
  assert.equal(kept.at(-1), '/8');
  assert.deepEqual(kept, kept.toSorted());
  for (const name of names) assert.ok(((await disk.stat(`/home/logs/${name}`))?.length ?? 0) <= 400);
});

test('one file alone starts anew', async () => {
  const m = new Machine({ maxBytes: 300, files: 1 });
  for (let i = 0; i < 5; i++) {
    m.log.add(record(`/${i}`));
    await m.clock.advance(50);
  }
  await m.log.stop();
  assert.deepEqual(
    (await m.disk.mount().list('/home/logs')).map(({ name }) => name),
    ['audit.log'],
  );
  assert.equal((await m.lines()).at(-1), '/4');
});
