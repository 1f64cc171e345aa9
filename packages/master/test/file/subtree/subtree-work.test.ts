import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, normalPath } from '@alluvium/base';
import { fewBelow } from '@alluvium/master/file/subtree/few-below.js';
import { workBelow, type SubtreeWork } from '@alluvium/master/file/subtree/subtree-work.js';
import { program, rejects, World } from '../world.js';

const path = normalPath('/d');
const description = { kind: 'touch', path, user: 'root' };

/** `/d` with 20 files in it, and batches of 5. */
async function wide(): Promise<World> {
  const w = new World({ recursiveBatch: 5 });
  await w.mkdir('/d');
  for (let i = 10; i < 30; i++) await w.create(`/d/${i}`);
  return w;
}

function touchAll(w: World, each: (work: SubtreeWork) => void = () => {}): Promise<void> {
  return workBelow(w.c, description, async (work) => {
    for (const [inode, at] of w.tree.within(w.inode('/d')!, path)) {
      work.plan.push({ updateInode: { id: inode.id, group: 'touched' } });
      each(work);
      if (work.did(at)) await work.rest();
    }
  });
}

const touched = (w: World): number => [...w.tree.within(w.inode('/d')!, path)].filter(([inode]) => inode.group === 'touched').length;

test('few inodes are answered with their paths, directories first; many are not', async () => {
  const w = new World({ recursiveBatch: 4 });
  await w.clock.run(w.mkdir('/d/e', { recursive: true }));
  await w.clock.run(w.create('/d/e/f'));
  await w.clock.run(w.create('/d/g'));
  const few = (): string[] | undefined => fewBelow(w.c, w.inode('/d')!, path)?.map(([, at]) => at);
  assert.deepEqual(few(), ['/d', '/d/e', '/d/g', '/d/e/f']);
  await w.clock.run(w.create('/d/e/h'));
  assert.equal(few(), undefined);
});

test('work goes in batches and slices, is a task from the second slice on, and others run in between', async () => {
  const w = await wide();
  const before = w.journal.lastSequence;
  const seen: number[] = [];
  const other = (async () => {
    while (touched(w) < 21) {
      seen.push(touched(w));
      await new Promise<void>((resolve) => w.clock.schedule(0, resolve));
    }
  })();
  await w.clock.run(Promise.all([touchAll(w), other]));
  assert.equal(touched(w), 21);
  assert.equal(w.journal.lastSequence - before, 5, 'batches of 5');
  assert.deepEqual(seen, [0, 5, 10, 15, 20], 'others see each batch, and nothing between');
  const [task] = [...w.c.tasks.all()];
  assert.deepEqual([task?.kind, task?.path, task?.state, task?.done], ['touch', path, 'SUCCEEDED', 21]);
});

test('work that ends within a slice is no task', async () => {
  const w = new World({ recursiveBatch: 5 });
  await w.clock.run(w.mkdir('/d'));
  await w.clock.run(touchAll(w));
  assert.equal(touched(w), 1);
  assert.deepEqual([...w.c.tasks.all()], []);
});

test('a batch waits until the one before is durable', async () => {
  const w = await wide();
  w.journal.slow = true;
  const before = w.journal.lastSequence;
  const done = touchAll(w);
  await w.clock.advance(1000);
  assert.equal(w.journal.lastSequence - before, 1);
  w.journal.slow = false;
  w.journal.release();
  await w.clock.run(done);
  assert.equal(touched(w), 21);
});

test('a recursive operation that is cancelled stops; what was done stays, and the error says how much', async () => {
  const w = await wide();
  const cancelled = rejects('cancelled', 'The touch of "/d" was cancelled: 10 inodes were done by then and stay so', () =>
    touchAll(w, (work) => work.done === 9 && work.task?.cancel()),
  );
  await w.clock.run(cancelled);
  assert.equal(touched(w), 10);
  assert.deepEqual(
    [...w.c.tasks.all()].map(({ state, done }) => [state, done]),
    [['CANCELLED', 10]],
  );
  assert.ok(w.c.locks.isFree(path, 'READ'));
});

test('what was planned before a failure is committed', async () => {
  const w = await wide();
  const broken = touchAll(w, (work) => {
    if (work.done === 7) throw fail('permissionDenied', 'no');
  });
  await w.clock.run(rejects('permissionDenied', 'no', () => broken));
  assert.equal(touched(w), 8);
  assert.deepEqual(
    [...w.c.tasks.all()].map(({ state, error }) => [state, error]),
    [['FAILED', 'no']],
  );
});

test('blocks are freed when what frees them is durable', async () => {
  const w = await wide();
  await w.clock.run(w.write('/d/f', 25));
  const { blockIds } = await w.status('/d/f');
  w.journal.slow = true;
  const done = workBelow(w.c, description, (work) => {
    work.plan.push({ updateInode: { id: w.inode('/d')!.id, group: 'touched' } });
    work.freed.push(...(w.inode('/d/f') as { blocks?: typeof work.freed }).blocks!);
    return Promise.resolve();
  });
  await w.clock.advance(1);
  assert.deepEqual(w.freed, []);
  w.journal.release();
  await w.clock.run(done);
  assert.deepEqual(w.freed, blockIds);
});

test(
  'nobody changes anything below meanwhile',
  program(async (w) => {
    await w.mkdir('/d');
    const going = Promise.withResolvers<void>();
    const work = workBelow(w.c, description, () => going.promise);
    let created = false;
    const create = w.create('/d/f').then(() => (created = true));
    await w.clock.advance(10);
    assert.equal(created, false);
    going.resolve();
    await Promise.all([work, create]);
    assert.equal(created, true);
  }),
);
