import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localDirectoryStorage, openJournal } from '@alluvium/journal';
import { silentLogger, type Logger } from '@alluvium/platform';
import { SeededRandom, SimClock, SimDisk } from '@alluvium/testkit';
import { Ledger, lengthOf } from './support/ledger.js';

/** Each entry takes a millisecond. */
class SlowLedger extends Ledger {
  readonly #clock: SimClock;

  constructor(clock: SimClock) {
    super();
    this.#clock = clock;
  }

  override apply(entry: Parameters<Ledger['apply']>[0]): void {
    this.#clock.elapse(1);
    super.apply(entry);
  }
}

test('a long start says every few seconds how far it is', async () => {
  const clock = new SimClock();
  const disk = new SimDisk(new SeededRandom(1)).mount();
  const said: { file: string; entries: number; seconds: number }[] = [];
  const log: Logger = {
    ...silentLogger,
    info: (message, fields) => void (message === 'reading the journal' && said.push(fields as (typeof said)[number])),
  };
  const open = (state: Ledger): ReturnType<typeof openJournal> =>
    openJournal({ storage: localDirectoryStorage(disk, '/j'), clock, log, state, options: { reserveBytes: 0 } });
  const first = await open(new Ledger());
  for (let at = 0; at < 20; at++) first.append(Array.from({ length: 1000 }, (_, index) => lengthOf(BigInt(at * 1000 + index), 1n)));
  await first.close();
  const second = await open(new SlowLedger(clock));
  await second.close();
  assert.ok(said.length >= 3 && said.length <= 6, JSON.stringify(said));
  assert.ok(said.every(({ file }) => file.startsWith('/j/segments/')));
  assert.deepEqual(
    said.map(({ entries }) => entries),
    said.map(({ entries }) => entries).sort((a, b) => a - b),
  );
});
