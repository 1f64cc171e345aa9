import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { BlockState } from '@alluvium/master/block/block-state.js';
import { heapBlockStore } from '@alluvium/metastore';

function commit(state: BlockState, log: JournalEntry[], take: (plan: JournalEntry[]) => bigint): bigint {
  const plan: JournalEntry[] = [];
  const id = take(plan);
  for (const entry of plan) assert.ok(state.apply(entry));
  log.push(...plan);
  return id;
}

test('container ids never repeat over a restart and are reserved by the thousand', () => {
  const log: JournalEntry[] = [];
  const state = new BlockState(heapBlockStore());
  const ids = Array.from({ length: 1500 }, () => commit(state, log, (plan) => state.nextContainer(plan)));
  assert.equal(ids[0], 1n, 'container 0 belongs to directories');
  assert.equal(new Set(ids).size, 1500);
  assert.equal(log.length, 2, 'two reservations for 1500 ids');

  const restarted = new BlockState(heapBlockStore());
  for (const entry of log) restarted.apply(entry);
  const next = commit(restarted, log, (plan) => restarted.nextContainer(plan));
  assert.ok(next > ids[1499]!, `${next} after ${ids[1499]}`);
});

test('a reservation that was planned but not committed is planned again', () => {
  const state = new BlockState(heapBlockStore());
  const lost: JournalEntry[] = [];
  state.nextContainer(lost);
  assert.equal(lost.length, 1);
  const again: JournalEntry[] = [];
  state.nextContainer(again);
  assert.equal(again.length, 1);
});

test('the snapshot rebuilds lengths and the generator, untouched by later changes', () => {
  const state = new BlockState(heapBlockStore());
  const log: JournalEntry[] = [];
  commit(state, log, (plan) => state.nextContainer(plan));
  for (let i = 0n; i < 10n; i++) state.apply({ blockInfo: { blockId: i, length: i * 100n } });
  const snapshot = state.snapshot();
  state.apply({ deleteBlock: { blockId: 3n } });
  state.apply({ blockInfo: { blockId: 4n, length: 1n } });
  const rebuilt = new BlockState(heapBlockStore());
  for (let next = snapshot.next(); next.done !== true; next = snapshot.next()) assert.ok(rebuilt.apply(next.value));
  assert.equal(rebuilt.blockCount, 10);
  assert.equal(rebuilt.length(3n as BlockId), 300);
  assert.equal(rebuilt.length(4n as BlockId), 400);
  assert.ok(commit(rebuilt, [], (plan) => rebuilt.nextContainer(plan)) >= 1001n);
});
