import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf, stuckAfter, type HistoryEntry } from '@alluvium/testkit';

type State = Readonly<Record<string, number>>;

function write(object: string, value: number, start: number, end: number): HistoryEntry<State> {
  return { start, end, what: `${object} = ${value}`, touches: [object], after: (state) => [{ ...state, [object]: value }] };
}

function read(object: string, value: number, start: number, end: number): HistoryEntry<State> {
  return {
    start,
    end,
    what: `${object} is ${value}`,
    touches: [object],
    after: (state) => ((state[object] ?? 0) === value ? [state] : []),
  };
}

function stuck(history: readonly HistoryEntry<State>[]): readonly string[] | undefined {
  return stuckAfter(history, {}, (state) => JSON.stringify(state));
}

test('operations that overlap may have happened in either order, others only in theirs', () => {
  assert.equal(stuck([write('x', 1, 1, 4), read('x', 0, 2, 3)]), undefined);
  assert.equal(stuck([write('x', 1, 1, 4), read('x', 1, 2, 3)]), undefined);
  assert.deepEqual(stuck([write('x', 1, 1, 2), read('x', 0, 3, 4)]), ['x = 1']);
  assert.notEqual(stuck([write('x', 1, 1, 6), read('x', 1, 2, 3), read('x', 0, 4, 5)]), undefined, 'what was seen stays');
});

test('what was never answered may have happened, at any time or not at all', () => {
  const lost = write('x', 1, 1, Number.POSITIVE_INFINITY);
  assert.equal(stuck([lost, read('x', 0, 2, 3)]), undefined);
  assert.equal(stuck([lost, read('x', 0, 2, 3), read('x', 1, 4, 5)]), undefined);
  assert.notEqual(stuck([lost, read('x', 1, 2, 3), read('x', 0, 4, 5)]), undefined, 'but not twice');
});

test('a history falls into parts by what its operations touch', () => {
  const move: HistoryEntry<State> = { start: 9, end: 10, what: 'x to y', touches: ['x', 'y'], after: (state) => [state] };
  const history = [write('x', 1, 1, 2), write('y', 1, 3, 4), write('z', 1, 5, 6), read('z', 1, 7, 8)];
  assert.deepEqual(
    partsOf(history).map((part) => part.map(({ what }) => what)),
    [['x = 1'], ['y = 1'], ['z = 1', 'z is 1']],
  );
  assert.deepEqual(
    partsOf([...history, move]).map((part) => part.length),
    [3, 2],
  );
});
