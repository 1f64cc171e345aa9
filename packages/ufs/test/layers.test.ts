import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, kindOf } from '@alluvium/base';
import { ChaosStore, MemoryStore, SeededRandom, SimClock } from '@alluvium/testkit';
import {
  limitsLayer,
  metricsLayer,
  newUfsMetrics,
  retryLayer,
  WrappedStore,
  type UfsStatus,
  type UnderStore,
  type Verb,
} from '@alluvium/ufs';
import { copyOf, names, put, text } from './support/store-calls.js';

/** Fails calls as told, and counts them. */
class Faulty extends WrappedStore {
  calls = 0;
  error: Error | undefined = fail('unavailable', 'try again');
  /** Calls that still fail. */
  failures = Number.POSITIVE_INFINITY;
  after = false;

  protected override async call<T>(_verb: Verb, run: () => Promise<T>): Promise<T> {
    this.calls++;
    const fails = this.error !== undefined && this.failures-- > 0;
    if (fails && !this.after) throw this.error!;
    const answer = await run();
    if (fails) throw this.error!;
    return answer;
  }
}

interface World {
  readonly clock: SimClock;
  readonly memory: MemoryStore;
  readonly faulty: Faulty;
  readonly store: UnderStore;
}

function retrying(retries = 3): World {
  const clock = new SimClock();
  const memory = new MemoryStore({ clock });
  const faulty = new Faulty(memory);
  return {
    clock,
    memory,
    faulty,
    store: retryLayer(faulty, { clock, random: new SeededRandom(1), retries, firstDelayMs: 100, maxDelayMs: 250 }),
  };
}

test('a temporary failure is tried again so often and no more', async () => {
  const { clock, faulty, store } = retrying();
  await assert.rejects(clock.run(store.status('f')), { kind: 'unavailable' });
  assert.equal(faulty.calls, 4);
  assert.ok(clock.monotonicMs() <= 100 + 200 + 250, `${clock.monotonicMs()} ms`);
  assert.ok(clock.monotonicMs() > 0);
  faulty.failures = 3;
  assert.equal(await clock.run(store.status('f')), undefined);
  assert.equal(faulty.calls, 8);
});

test('a permanent failure is not tried again', async () => {
  const { clock, faulty, store } = retrying();
  for (const kind of ['permissionDenied', 'notFound', 'invalidArgument', 'aborted', 'resourceExhausted', 'dataLoss'] as const) {
    faulty.error = fail(kind, 'no');
    faulty.calls = 0;
    await assert.rejects(clock.run(store.status('f')), { kind });
    await assert.rejects(clock.run(store.removeFile('f')), { kind });
    assert.equal(faulty.calls, 2, kind);
  }
  faulty.error = new TypeError('a defect');
  faulty.calls = 0;
  await assert.rejects(clock.run(store.status('f')), TypeError);
  assert.equal(faulty.calls, 1);
});

test('what a repetition could do twice is not repeated', async () => {
  const { clock, faulty, store, memory } = retrying();
  faulty.after = true;
  await put(memory, 'a', 'x');
  faulty.failures = 1;
  await assert.rejects(clock.run(store.rename('a', 'b')), { kind: 'unavailable' });
  assert.equal(faulty.calls, 1);
  assert.deepEqual(memory.paths(), ['b']);
});

test('a removal whose answer was lost is known to have removed something', async () => {
  const { clock, faulty, store, memory } = retrying();
  faulty.after = true;
  await put(memory, 'd/f', 'x');
  faulty.failures = 1;
  assert.equal(await clock.run(store.removeFile('d/f')), true);
  faulty.failures = 1;
  assert.equal(await clock.run(store.removeDirectory('d', { recursive: true })), true);
  faulty.failures = 0;
  assert.equal(await clock.run(store.removeFile('d/f')), false);
});

test('waiting for the next try ends when the caller gives up', async () => {
  const { clock, store, faulty } = retrying(1000);
  const abort = new AbortController();
  const removed = store.removeFile('f', { signal: abort.signal });
  clock.schedule(50, () => abort.abort(new Error('enough')));
  await assert.rejects(clock.run(removed), { kind: 'cancelled', message: 'enough' });
  assert.ok(faulty.calls < 50);
});

/** A store whose calls never end. */
class Hanging extends WrappedStore {
  entered = 0;
  most = 0;
  readonly release: (() => void)[] = [];
  streamsEnded = 0;

  protected override async call<T>(_verb: Verb, run: () => Promise<T>): Promise<T> {
    this.most = Math.max(this.most, ++this.entered);
    await new Promise<void>((resolve) => this.release.push(resolve));
    this.entered--;
    return run();
  }

  override async *list(): AsyncGenerator<UfsStatus> {
    try {
      await new Promise<void>((resolve) => this.release.push(resolve));
      yield await Promise.reject(fail('internal', 'nobody is here'));
    } finally {
      this.streamsEnded++;
    }
  }
}

function limited(options: Partial<{ timeoutMs: number; concurrency: number; queue: number }> = {}): {
  clock: SimClock;
  hanging: Hanging;
  store: UnderStore;
} {
  const clock = new SimClock();
  const hanging = new Hanging(new MemoryStore({ clock }));
  return { clock, hanging, store: limitsLayer(hanging, { clock, timeoutMs: 1000, concurrency: 2, queue: 3, ...options }) };
}

test('a call that hangs fails in time and makes room for the next', async () => {
  const { clock, store } = limited({ concurrency: 1 });
  const both = Promise.allSettled([store.status('a'), store.status('b')]);
  const [a, b] = await clock.run(both);
  for (const outcome of [a, b]) assert.ok(outcome.status === 'rejected' && kindOf(outcome.reason) === 'unavailable');
  assert.equal(clock.monotonicMs(), 2000, 'the second had its own time');
});

test('work of many requests has more time', async () => {
  const { clock, store } = limited();
  await assert.rejects(clock.run(store.removeDirectory('d', { recursive: true })), { kind: 'unavailable', message: /within 60000 ms/ });
  assert.equal(clock.monotonicMs(), 60_000);
});

test('a stream that hangs fails in time', async () => {
  const { clock, store } = limited();
  await assert.rejects(clock.run(names(store, '')), { kind: 'unavailable' });
});

test('so many calls are under way, so many wait, and the rest is refused', async () => {
  const { clock, hanging, store } = limited();
  const waiting = Array.from({ length: 5 }, () => store.status('f'));
  await assert.rejects(store.status('f'), { kind: 'resourceExhausted' });
  const all = Promise.all(waiting);
  for (let i = 0; i < 5; i++) {
    await clock.advance(1);
    hanging.release.shift()!();
  }
  assert.equal((await clock.run(all)).length, 5);
  assert.equal(hanging.most, 2);
});

test('a reader that goes away gives its place back', async () => {
  const clock = new SimClock();
  const memory = new MemoryStore({ clock, chunkBytes: 10 });
  await put(memory, 'f', Buffer.alloc(1000));
  const store = limitsLayer(memory, { clock, timeoutMs: 1000, concurrency: 1, queue: 0 });
  for (let i = 0; i < 3; i++) for await (const chunk of store.read('f', { offset: 0, length: 1000 })) if (chunk.length > 0) break;
  const abort = new AbortController();
  await assert.rejects(
    async () => {
      for await (const chunk of store.read('f', { offset: 0, length: 1000, signal: abort.signal }))
        if (chunk.length > 0) abort.abort(new Error('enough'));
    },
    { kind: 'cancelled' },
  );
  assert.equal((await copyOf(store, 'f', 0, 1000)).length, 1000);
});

test('calls, errors and bytes are counted', async () => {
  const clock = new SimClock();
  const metrics = newUfsMetrics();
  const store = metricsLayer(new MemoryStore({ clock }), metrics);
  await put(store, 'f', 'hello');
  await text(store, 'f');
  await names(store, '');
  await assert.rejects(text(store, 'missing'), { kind: 'notFound' });
  await assert.rejects(names(store, 'missing'), { kind: 'notFound' });
  await assert.rejects(store.rename('missing', 'b'), { kind: 'notFound' });
  assert.deepEqual(Object.fromEntries(metrics.calls), { create: 1, write: 1, commit: 1, read: 2, list: 2, rename: 1 });
  assert.deepEqual(Object.fromEntries(metrics.errors), { read: 1, list: 1, rename: 1 });
  assert.equal(metrics.bytesRead, 5);
  assert.equal(metrics.bytesWritten, 5);
});

test('through a bad network reads are exact or fail, and a seed replays all of it', async () => {
  const run = async (seed: number): Promise<string> => {
    const clock = new SimClock();
    const random = new SeededRandom(seed);
    const chaos = new ChaosStore(new MemoryStore({ clock, chunkBytes: 100 }), {
      clock,
      random,
      maxDelayMs: 255,
      failBefore: 0.1,
      failAfter: 0.1,
      breakStream: 0.02,
    });
    const limits = limitsLayer(chaos, { clock, timeoutMs: 250, concurrency: 4, queue: 100 });
    const store = retryLayer(limits, { clock, random, retries: 5 });
    const content = Buffer.from(new SeededRandom(seed + 1).bytes(2000));
    chaos.calm = true;
    await put(store, 'f', content);
    for (let i = 0; i < 20; i++) await put(store, `d/${i}`, 'x');
    chaos.calm = false;
    const outcomes: string[] = [];
    const reads = Array.from({ length: 10 }, async (_, i) => {
      try {
        assert.ok((await copyOf(store, 'f', i * 10, 1500)).equals(content.subarray(i * 10, i * 10 + 1500)));
        outcomes.push(`read ${i}`);
        const listed = await names(store, 'd');
        assert.deepEqual(listed.length, 20);
        outcomes.push(`listed ${i}`);
      } catch (error) {
        assert.equal(kindOf(error), 'unavailable');
        outcomes.push(`failed ${i}`);
      }
    });
    await clock.run(Promise.all(reads));
    return `${outcomes.join()} after ${clock.monotonicMs()} ms and ${chaos.faults} faults`;
  };
  const seen: string[] = [];
  for (let seed = 0; seed < 20; seed++) seen.push(await run(seed));
  assert.ok(seen.some((outcome) => outcome.includes('failed')) && seen.some((outcome) => outcome.includes('listed')));
  for (let seed = 0; seed < 20; seed += 5) assert.equal(await run(seed), seen[seed]);
});
