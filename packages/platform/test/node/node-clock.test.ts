import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { nodeClock, nodeRandom } from '@alluvium/platform';

test('time goes on, and timers fire once unless cancelled', async () => {
  const before = nodeClock.monotonicMs();
  const fired: string[] = [];
  nodeClock.schedule(1, () => fired.push('cancelled')).cancel();
  // Node's timers are unref'ed here, so something has to keep the test alive.
  const alive = setInterval(() => {}, 1000);
  await new Promise<void>((resolve) => {
    nodeClock.schedule(5, () => {
      fired.push('kept');
      resolve();
    });
  });
  clearInterval(alive);
  assert.deepEqual(fired, ['kept']);
  assert.ok(nodeClock.monotonicMs() > before);
  assert.ok(Math.abs(nodeClock.nowMs() - Date.now()) < 60_000);
});

test('a pending timer does not keep the process alive', () => {
  const platform = import.meta.resolve('@alluvium/platform');
  const code = `import { nodeClock } from ${JSON.stringify(platform)}; nodeClock.schedule(600_000, () => {}); console.log('end')`;
  assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', code], { timeout: 60_000 }).toString(), 'end\n');
});

test('a delay longer than a timer takes does not fire at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dayMs = 24 * 3_600_000;
  let fired = 0;
  nodeClock.schedule(60 * dayMs, () => fired++);
  for (let day = 1; day < 60; day++) t.mock.timers.tick(dayMs);
  assert.equal(fired, 0);
  // The simulated timers start the next one at the end of a tick, so each of the three may be a tick late.
  for (let day = 0; day < 3; day++) t.mock.timers.tick(dayMs);
  assert.equal(fired, 1);
});

test('chance: draws of every size differ and floats stay below 1', () => {
  for (const length of [0, 1, 16, 256, 257, 5000]) {
    const [a, b] = [nodeRandom.bytes(length), nodeRandom.bytes(length)];
    assert.equal(a.length, length);
    if (length >= 16) assert.notDeepEqual(a, b);
  }
  const kept = nodeRandom.bytes(16);
  const copy = Uint8Array.from(kept);
  let [least, most] = [1, 0];
  for (let i = 0; i < 10_000; i++) {
    const x = nodeRandom.next();
    assert.ok(x >= 0 && x < 1);
    [least, most] = [Math.min(least, x), Math.max(most, x)];
  }
  assert.ok(least < 0.01 && most > 0.99);
  assert.deepEqual(kept, copy, 'a draw belongs to its taker');
});
