// Two primaries: the first is held up at any call of its disk while it commits, makes a checkpoint and cuts, a second one takes over, and
// then the first goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskCallName } from '@alluvium/journal';
import { loseNewestCheckpoint, World } from './support/world.js';

const OPTIONS = { reserveBytes: 0, segmentBytes: 200 };
const FIRST_EPOCH = (1).toString(16).padStart(16, '0');

/** What changes files that a second writer may count on. */
const CHANGES: readonly DiskCallName[] = [
  'checkpoint.rename',
  'checkpoint.remove',
  'segment.remove',
  'epoch.create',
  'epoch.remove',
  'leftover.remove',
  'reserve.create',
  'reserve.remove',
];

async function untilCheckpoint(): Promise<World> {
  const world = new World(OPTIONS);
  await world.open();
  for (let i = 0; i < 2; i++) {
    await world.commit(4);
    await world.journal.checkpoint();
  }
  await world.commit(3);
  return world;
}

interface Call {
  readonly name: DiskCallName;
  readonly path: string;
}

/** Holds the first writer up at its call number `stop`. Answers what was held up, and what it called when it went on; undefined when there is no such call. */
async function takeOverAt(stop: number, when: 'before' | 'after'): Promise<{ held: Call; later: Call[]; second: World } | undefined> {
  const first = await untilCheckpoint();
  const second = new World(OPTIONS, first.disk);
  const later: Call[] = [];
  let held: Call | undefined;
  let calls = 0;
  let recovered = 0;
  // All of the process stands still meanwhile.
  let paused: Promise<void> | undefined;
  const takeOver = async (): Promise<void> => {
    second.tags = [...first.tags];
    second.acknowledged = first.acknowledged;
    await second.open();
    recovered = second.journal.lastSequence;
    await second.commit(2);
  };
  first.around = async (name, path, call) => {
    await paused;
    if (held !== undefined) later.push({ name, path });
    const stops = ++calls === stop;
    if (stops) held = { name, path };
    if (stops && when === 'before') await (paused = takeOver());
    const result = await call();
    if (stops && when === 'after') await (paused = takeOver());
    await paused;
    return result;
  };
  first.append(2);
  await Promise.allSettled([first.journal.checkpoint(), first.flush()]);
  if (held === undefined) return undefined;
  await assert.rejects(first.commit(), { kind: 'unavailable' });
  assert.ok(first.acknowledged <= recovered, 'nothing is acknowledged that the second one does not have');
  await first.close();
  return { held, later, second };
}

for (const when of ['before', 'after'] as const) {
  test(`two primaries: an old one held up ${when} any call of a checkpoint or a cut neither acknowledges nor overwrites nor removes anything`, async () => {
    let stops = 0;
    for (let stop = 1; ; stop++) {
      const outcome = await takeOverAt(stop, when);
      if (outcome === undefined) break;
      stops++;
      const { held, later, second } = outcome;
      const place = `${when} ${held.name}`;
      // Between its look and the call that it looked for, nothing can stop it; that one call must do no harm.
      const changes = later.filter(({ name }) => CHANGES.includes(name));
      assert.ok(
        changes.length <= (held.name === 'epoch.look' && when === 'after' ? 1 : 0),
        `${place}: ${changes.map(({ name }) => name).join()}`,
      );
      for (const { name, path } of later)
        if (!name.endsWith('look') && path.endsWith('.seg')) assert.match(path, new RegExp(`-${FIRST_EPOCH}\\.seg$`), place);
      await second.commit(2);
      second.disk.crash();
      await second.open();
      await loseNewestCheckpoint(second);
      await second.commit(1);
      await second.journal.checkpoint();
      await second.journal.checkpoint();
      await loseNewestCheckpoint(second);
    }
    assert.ok(stops > 15, `${stops} calls`);
  });
}
