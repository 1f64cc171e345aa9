import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, sleep, withinTime } from '@alluvium/base';
import { SimClock } from '@alluvium/testkit';

const late = (): Error => fail('deadlineExceeded', 'late');

test('work that is in time settles as it does, and leaves no timer', async () => {
  const clock = new SimClock();
  let given!: AbortSignal;
  const work = async (signal: AbortSignal): Promise<number> => {
    given = signal;
    return 7;
  };
  assert.equal(await withinTime(clock, 100, late, work), 7);
  await assert.rejects(
    withinTime(clock, 100, late, () => Promise.reject(fail('dataLoss', 'worse'))),
    { kind: 'dataLoss' },
  );
  await clock.run(sleep(clock, 1000));
  assert.equal(given.aborted, false);
});

test('work that is late, or that its giver calls off, is told why by its signal', async () => {
  const clock = new SimClock();
  const endless = (signal: AbortSignal): Promise<void> => sleep(clock, 1e9, signal);
  await assert.rejects(clock.run(withinTime(clock, 100, late, endless)), { kind: 'deadlineExceeded', message: 'late' });
  const outer = new AbortController();
  clock.schedule(50, () => outer.abort(fail('cancelled', 'enough')));
  await assert.rejects(clock.run(withinTime(clock, 100, late, endless, outer.signal)), { kind: 'cancelled', message: 'enough' });
});
