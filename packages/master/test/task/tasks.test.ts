import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, normalPath } from '@alluvium/base';
import { Tasks } from '@alluvium/master/task/tasks.js';
import { Pace } from '@alluvium/master/task/pace.js';
import { SimClock } from '@alluvium/testkit';

const path = normalPath('/a');
const limits = { ended: 2, directories: 1 };

test('a task shows what its work has done, and how it ended', async () => {
  const tasks = new Tasks(new SimClock(), limits);
  const { task, result } = tasks.start({ kind: 'remove', path, user: 'u' }, async (t) => {
    t.done = 3;
    t.count('removed', 3);
    await Promise.resolve();
    return 'answer';
  });
  assert.equal(task.state, 'RUNNING');
  assert.equal(await result, 'answer');
  assert.equal(task.state, 'SUCCEEDED');
  assert.equal(task.figures.get('removed'), 3);
  assert.equal(tasks.get(task.id), task);
});

test('a cancelled task ends as CANCELLED, one that throws as FAILED', async () => {
  const tasks = new Tasks(new SimClock(), limits);
  const waiting = tasks.start({ kind: 'sync', path, user: 'u' }, async (t) => {
    await new Promise((_, reject) => t.signal.addEventListener('abort', () => reject(t.signal.reason as Error)));
  });
  assert.equal(waiting.task.cancel(), true);
  await assert.rejects(waiting.result, { kind: 'cancelled' });
  assert.equal(waiting.task.state, 'CANCELLED');
  assert.equal(waiting.task.cancel(), false);
  const broken = tasks.start({ kind: 'sync', path, user: 'u' }, () => Promise.reject(fail('unavailable', 'no store')));
  await assert.rejects(broken.result, { kind: 'unavailable' });
  assert.deepEqual([broken.task.state, broken.task.error], ['FAILED', 'no store']);
});

test('ended tasks and results of directories are kept up to a limit', async () => {
  const tasks = new Tasks(new SimClock(), limits);
  for (let i = 0; i < 5; i++) await tasks.run({ kind: 'free', path, user: 'u' }, () => Promise.resolve());
  assert.deepEqual(
    [...tasks.all()].map((task) => task.id),
    [4, 5],
  );
  const counts = { listed: 0, created: 0, updated: 0, removed: 0, unchanged: 0, skipped: 0, failed: 0, error: undefined, durationMs: 0 };
  await tasks.run({ kind: 'sync', path, user: 'u' }, (task) => {
    task.addDirectory({ path, ...counts });
    task.addDirectory({ path, ...counts });
    assert.deepEqual([task.directories.length, task.droppedDirectories], [1, 1]);
    return Promise.resolve();
  });
});

test('work on many inodes rests when its slice of the event loop is used up', async () => {
  const clock = new SimClock();
  const pace = new Pace(clock);
  assert.equal(pace.due, false);
  await clock.advance(10);
  assert.equal(pace.due, true);
  const rested = pace.rest();
  await clock.advance(1);
  await rested;
  assert.equal(pace.due, false);
});

test('a slice is used up by so many inodes too, where time stands still', async () => {
  const clock = new SimClock();
  const pace = new Pace(clock, 3);
  assert.deepEqual([pace.spent(), pace.spent(), pace.spent()], [false, false, true]);
  const rested = pace.rest();
  await clock.advance(1);
  await rested;
  assert.deepEqual([pace.spent(), pace.spent(2)], [false, true]);
});
