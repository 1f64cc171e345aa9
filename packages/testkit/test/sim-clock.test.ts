import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '@alluvium/base';
import { SeededRandom, SimClock } from '@alluvium/testkit';

test('timers fire in order of time, then of scheduling, and cancelled ones never', async () => {
  const clock = new SimClock();
  const seen: string[] = [];
  clock.schedule(20, () => seen.push('late'));
  clock.schedule(10, () => seen.push('first'));
  clock.schedule(10, () => seen.push('second'));
  clock.schedule(5, () => seen.push('never')).cancel();
  await clock.advance(15);
  assert.deepEqual(seen, ['first', 'second']);
  assert.equal(clock.monotonicMs(), 15);
  await clock.advance(15);
  assert.deepEqual(seen, ['first', 'second', 'late']);
});

test('hours pass at once, and a stuck run says so', async () => {
  const clock = new SimClock();
  await clock.run(sleep(clock, 3_000_000));
  assert.equal(clock.monotonicMs(), 3_000_000);
  await assert.rejects(clock.run(new Promise(() => {})), /stuck/);
});

test('the same seed gives the same draws, another seed others', () => {
  const draw = (seed: number): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 20 }, () => random.below(1000));
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  const counts = new Array<number>(10).fill(0);
  const random = new SeededRandom(1);
  for (let i = 0; i < 10_000; i++) counts[random.below(10)]!++;
  for (const count of counts) assert.ok(count > 850 && count < 1150, counts.join());
});
