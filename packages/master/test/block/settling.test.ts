import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { BlockMaster } from '@alluvium/master/block/block-master.js';
import { heapBlockStore } from '@alluvium/metastore';
import { SeededRandom, SimClock } from '@alluvium/testkit';

const WAIT_MS = 5000;
const BLOCK = 1n as BlockId;

function started(): { blocks: BlockMaster; clock: SimClock; register(host: string, ...ids: bigint[]): void } {
  const clock = new SimClock();
  const blocks = new BlockMaster(heapBlockStore(), clock, new SeededRandom(1), WAIT_MS);
  blocks.state.apply({ blockInfo: { blockId: BLOCK, length: 10n } });
  const register = (host: string, ...ids: bigint[]): void => {
    const worker = blocks.workers.beginRegistration(blocks.workers.announce({ host, rpcPort: 1 }), {});
    blocks.workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: ids });
    blocks.workers.finishRegistration(worker);
  };
  return { blocks, clock, register };
}

/** When a promise resolved, in milliseconds of the clock. */
function resolvedAt(clock: SimClock, promise: Promise<void> | undefined): { ms: number | undefined } {
  const seen: { ms: number | undefined } = { ms: undefined };
  void promise?.then(() => (seen.ms = clock.monotonicMs()));
  return seen;
}

test('after a start who reads waits for the worker that has the block', async () => {
  const { blocks, clock, register } = started();
  const located = resolvedAt(clock, blocks.whenLocated([BLOCK]));
  await clock.advance(100);
  register('without it');
  await clock.advance(100);
  assert.equal(located.ms, undefined);
  register('with it', BLOCK);
  await clock.advance(100);
  assert.equal(located.ms, 200);
  assert.equal(blocks.whenLocated([BLOCK]), undefined, 'nothing to wait for any more');
});

test('a block whose worker does not come back is waited for no longer than workers are', async () => {
  const { blocks, clock } = started();
  const located = resolvedAt(clock, blocks.whenLocated([BLOCK]));
  await clock.advance(2 * WAIT_MS);
  assert.equal(located.ms, WAIT_MS);
  assert.equal(blocks.whenLocated([BLOCK]), undefined);
});
