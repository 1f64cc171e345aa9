import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerId } from '@alluvium/base';
import type { Demand } from '@alluvium/master/replication/demand.js';
import { planBlock, type BlockFacts, type Candidate, type Copy } from '@alluvium/master/replication/plan-block.js';

const id = (worker: number): WorkerId => BigInt(worker) as WorkerId;
const copy = (worker: number, medium = 'MEM', isLeaving = false): Copy => ({ worker: id(worker), medium, isLeaving });
const leaving = (worker: number): Copy => copy(worker, 'MEM', true);
const demand = (min: number, max = Infinity, more: Partial<Demand> = {}): Demand => ({ min, max, media: [], isStored: false, ...more });

function facts(copies: readonly Copy[], coming: readonly number[] = [], moving: readonly number[] = []): BlockFacts {
  return { length: 10, copies, coming: new Set(coming.map(id)), moving: new Set(moving.map(id)) };
}

function candidate(worker: number, freeBytes: number, more: Partial<Candidate> = {}): Candidate {
  return { worker: id(worker), freeBytes, capacityBytes: 100, media: ['MEM'], isBusy: false, ...more };
}

const FOUR = [candidate(1, 10), candidate(2, 20), candidate(3, 30), candidate(4, 40)];

/** Steps as text: `copy 4`, `move 1 SSD`, `free 2`; then what is lacking. */
function plan(wanted: Demand, there: BlockFacts, candidates: readonly Candidate[] = FOUR): string {
  const { steps, lacking } = planBlock(wanted, there, candidates);
  const texts = steps.map((step) =>
    step.kind === 'free'
      ? `free ${step.at}`
      : step.kind === 'copy'
        ? `copy ${step.to} ${step.medium}`.trim()
        : `move ${step.at} ${step.medium}`,
  );
  return [...texts, ...(lacking > 0 ? [`lacking ${lacking}`] : [])].join(', ');
}

test('a block with fewer copies than wanted is copied where there is most room and no copy', () => {
  assert.equal(plan(demand(2), facts([copy(4)])), 'copy 3');
  assert.equal(plan(demand(3), facts([copy(1)])), 'copy 4, copy 3');
  assert.equal(plan(demand(3), facts([copy(1)], [4])), 'copy 3', 'one that is on its way counts');
  assert.equal(plan(demand(2), facts([copy(1)], [4])), '');
  assert.equal(plan(demand(1, Infinity, { isStored: true }), facts([])), 'copy 4', 'the store has it');
});

test('what no worker can take is lacking', () => {
  assert.equal(plan(demand(6), facts([copy(1)])), 'copy 4, copy 3, copy 2, lacking 2');
  assert.equal(plan(demand(2), facts([copy(1)]), [candidate(1, 10), candidate(2, 5, { capacityBytes: 9 })]), 'lacking 1');
});

test('a full worker takes a copy by eviction, and one that is busy only after the others', () => {
  assert.equal(plan(demand(2), facts([copy(1)]), [candidate(1, 10), candidate(2, 0)]), 'copy 2');
  assert.equal(plan(demand(2), facts([copy(1)]), [candidate(2, 90, { isBusy: true }), candidate(3, 1)]), 'copy 3');
});

test('nothing is done for a block that is lost', () => {
  assert.equal(plan(demand(2), facts([])), '');
});

test('a copy on a worker that leaves does not count, but is good to copy from', () => {
  assert.equal(plan(demand(1), facts([leaving(1)])), 'copy 4');
  assert.equal(plan(demand(2), facts([leaving(4), copy(3)])), 'copy 2');
  assert.equal(plan(demand(1, 1), facts([leaving(1), copy(2)])), '', 'it goes by itself');
});

test('of too many copies the one with least room around it goes, and never one too many', () => {
  assert.equal(plan(demand(0, 1), facts([copy(3), copy(2), copy(4)])), 'free 2, free 3');
  assert.equal(plan(demand(2, 2), facts([copy(3), copy(2)])), '');
  assert.equal(plan(demand(2, 2), facts([copy(3), copy(2), copy(1)])), 'free 1');
  assert.equal(plan(demand(1, 1), facts([copy(1), copy(2)], [3])), '', 'a copy that is on its way may be worth more');
  assert.equal(plan(demand(0, 0, { isStored: true }), facts([copy(1)])), 'free 1');
});

test('of too many copies those on the wrong medium go first', () => {
  const wanted = demand(1, 1, { media: ['SSD'] });
  assert.equal(plan(wanted, facts([copy(1, 'SSD'), copy(4)])), 'free 4');
});

test('a copy on the wrong medium is moved within its worker', () => {
  const both = [candidate(1, 10, { media: ['MEM', 'SSD'] }), candidate(2, 20, { media: ['MEM', 'SSD'] })];
  const wanted = (min: number): Demand => demand(min, Infinity, { media: ['SSD', 'HDD'] });
  assert.equal(plan(wanted(1), facts([copy(1)]), both), 'move 1 SSD');
  assert.equal(plan(wanted(1), facts([copy(1), copy(2)]), both), 'move 1 SSD', 'as many as are wanted');
  assert.equal(plan(wanted(2), facts([copy(1), copy(2)]), both), 'move 1 SSD, move 2 SSD');
  assert.equal(plan(wanted(2), facts([copy(1), copy(2)], [], [1]), both), 'move 2 SSD');
  assert.equal(plan(wanted(1), facts([copy(1), copy(2, 'HDD')]), both), '');
});

test('where no holder has the medium the block is copied to one that has, once', () => {
  const candidates = [candidate(1, 10), candidate(2, 90), candidate(3, 1, { media: ['SSD'] })];
  const wanted = demand(1, Infinity, { media: ['SSD'] });
  assert.equal(plan(wanted, facts([copy(1)]), candidates), 'copy 3 SSD');
  assert.equal(plan(wanted, facts([copy(1), copy(3)]), candidates), 'move 3 SSD');
  assert.equal(plan(wanted, facts([copy(1), copy(2)]), candidates), 'lacking 1', 'a wish that was not granted is not followed by more');
  assert.equal(plan(demand(2, Infinity, { media: ['SSD'] }), facts([copy(1)]), candidates), 'copy 3 SSD', 'a new copy goes there at once');
});
