import assert from 'node:assert/strict';
import { ROOT_PATH, fail, type ErrorKind } from '@alluvium/base';
import { IntentSettler } from '@alluvium/master/file/intents/settler.js';
import type { JournalEntry } from '@alluvium/journal';
import { journal as wireJournal } from '@alluvium/wire';
import type { MemoryStores } from '../memory-store.js';
import { assertHealthy, isSettled, World } from '../world.js';

// A master dies at one of the points at which it waits for a store or the journal. Another starts with what the journal's disk and
// the stores have.

const NEVER = new Promise<never>(() => {});

/** Counts the points of an operation and, at one of them, lets nothing go on any more. */
export class Crash {
  /** What happened at each point. */
  readonly points: string[] = [];
  readonly #at: number;
  dead = false;

  /** `at`: the point, from 1; 0 for none. */
  constructor(world: World, at: number) {
    this.#at = at;
    const { journal } = world;
    let durable = journal.operations.length;
    let flushing: Promise<void> | undefined;
    journal.slow = true;
    journal.flushed = () => {
      if (durable === journal.operations.length) return undefined;
      return (flushing ??= (async () => {
        await this.#pass('flush begins');
        durable = journal.operations.length;
        journal.durableSequence = durable;
        flushing = undefined;
        await this.#pass('flush ends');
      })());
    };
    for (const store of world.stores.stores.values()) {
      store.before = (call) => this.#pass(`before ${call}`);
      store.after = (call) => this.#pass(`after ${call}`);
    }
  }

  #pass(what: string): Promise<void> {
    if (this.dead) return NEVER;
    this.points.push(what);
    this.dead = this.points.length === this.#at;
    return this.dead ? NEVER : Promise.resolve();
  }
}

export interface Scenario {
  prepare(world: World): Promise<void>;
  /** The operation, sent with an operation id where the protocol has one; it is sent again after the crash. */
  run(world: World): Promise<unknown>;
  readonly stores?: () => MemoryStores;
}

/** The namespace and the stores, without ids and times. */
export function view(world: World): { namespace: string[]; stores: string[] } {
  const namespace: string[] = [];
  for (const [inode, path] of world.tree.within(world.tree.root!, ROOT_PATH)) {
    const { kind, owner, group, mode, persistence, pinned, ttlMs, acl } = inode;
    const file = inode.kind === 'file' ? `${inode.length} ${inode.completed}` : '';
    namespace.push(
      [path, kind, owner, group, mode.toString(8), persistence, pinned, ttlMs, file, JSON.stringify([...(acl?.users ?? [])])].join(' '),
    );
  }
  const stores: string[] = [];
  for (const [uri, store] of world.stores.stores) {
    for (const path of store.paths()) {
      const { directory, bytes, owner, group, mode } = store.entries.get(path)!;
      if (path !== '.alluxio_ufs_persistence')
        stores.push([uri, path, directory, bytes.toString(), owner, group, mode.toString(8)].join(' '));
    }
  }
  return { namespace: namespace.toSorted(), stores: stores.toSorted() };
}

/** Directories are made on the way, for names that the namespace has; an attempt to persist leaves what the next one removes. */
function filesOf({ stores }: ReturnType<typeof view>): string[] {
  return stores.filter((line) => line.includes(' false ') && !line.includes(' .alluxio_ufs_persistence/'));
}

/** Worlds as one is after `prepare`, in agreement with their stores: replayed, which is faster than prepared anew. */
async function prepared({ prepare, stores }: Scenario): Promise<{ entries: readonly JournalEntry[]; next: () => World }> {
  const first = new World(stores === undefined ? {} : { stores: stores() });
  await prepare(first);
  await synced(first);
  const entries = first.journal.entries();
  const contents = first.stores.copy();
  return { entries, next: () => new World({ entries, stores: contents.copy() }) };
}

/** What the next master makes of it, once everything is settled. */
async function restarted(entries: readonly JournalEntry[], before: World): Promise<World> {
  for (const store of before.stores.stores.values()) {
    store.before = () => {};
    store.after = undefined;
  }
  const { operations, durableSequence } = before.journal;
  const durable = operations.slice(0, durableSequence).flat();
  const world = new World({
    entries: [...entries, ...durable.map((bytes) => wireJournal.JournalEntry.decode(bytes))],
    stores: before.stores,
  });
  const settler = new IntentSettler(world.c);
  settler.start();
  while ([...world.tree.intents.open()].length > 0) await world.clock.advance(1000);
  await settler.stop();
  assert.ok(world.c.locks.isFree(ROOT_PATH, 'WRITE_EDGE'), 'nothing is stuck');
  return world;
}

async function synced(world: World): Promise<{ readonly figures: ReadonlyMap<string, number> }> {
  const { task, result } = world.c.sync.start(world.c, ROOT_PATH, { user: 'root', descendants: 'ALL' });
  await world.clock.run(result);
  return task;
}

/** A sync finds nothing to do: the namespace is what the stores have. The doctor finds nothing either. */
async function assertAgreed(world: World, when: string): Promise<void> {
  assertHealthy(world);
  const task = await synced(world);
  const { created = 0, updated = 0, removed = 0, failed = 0 } = Object.fromEntries(task.figures);
  assert.deepEqual({ created, updated, removed, failed }, { created: 0, updated: 0, removed: 0, failed: 0 }, when);
}

/** Crashes at each point in turn. Answers how many there are. */
export async function crashEverywhere(scenario: Scenario): Promise<number> {
  const { run } = scenario;
  const { entries, next: world } = await prepared(scenario);
  const start = (at: number): { world: World; crash: Crash } => {
    const fresh = world();
    return { world: fresh, crash: new Crash(fresh, at) };
  };
  const before = view(world());
  const whole = start(0);
  const reply = await run(whole.world);
  const done = view(whole.world);
  assert.deepEqual([...whole.world.tree.intents.open()], []);
  const { points } = whole.crash;
  for (let at = 1; at <= points.length; at++) {
    const { world, crash } = start(at);
    const cut = run(world);
    cut.catch(() => undefined);
    assert.equal(await isSettled(cut), false);
    const when = `after a crash at point ${at} of ${points.length}, ${points[at - 1]}`;
    assert.ok(crash.dead, when);
    const next = await restarted(entries, world);
    await assertAgreed(next, when);
    const left = view(next);
    const files = filesOf(left);
    if (files.join() !== filesOf(before).join()) assert.deepEqual(files, filesOf(done), when);
    assert.deepEqual(await run(next), reply, `the answer to the request that is sent again, ${when}`);
    assert.deepEqual(view(next), done, when);
    await assertAgreed(next, when);
  }
  return points.length;
}

/**
 * Lets the store fail at each of its calls in turn, once or until the operation is over. Whether that answers or fails, what is left
 * agrees once it is settled, and the request that is sent again comes to its end.
 */
export async function failEverywhere(scenario: Scenario, kind: ErrorKind, often: 'once' | 'on'): Promise<void> {
  const { run } = scenario;
  const { next: fresh } = await prepared(scenario);
  const start = (at: number): { world: World; calls: string[] } => {
    const world = fresh();
    const calls: string[] = [];
    const pass = (call: string): void => {
      const count = calls.push(call);
      if (count === at || (often === 'on' && at > 0 && count > at)) throw fail(kind, 'the store fails');
    };
    for (const store of world.stores.stores.values()) {
      store.before = (call) => pass(`before ${call}`);
      store.after = (call) => pass(`after ${call}`);
    }
    return { world, calls };
  };
  const whole = start(0);
  const reply = await run(whole.world);
  const done = view(whole.world);
  for (let at = 1; at <= whole.calls.length; at++) {
    const { world, calls } = start(at);
    const when = `after a failure at call ${at} of ${whole.calls.length}, ${whole.calls[at - 1]}`;
    const settler = new IntentSettler(world.c);
    settler.start();
    const answer = await run(world).catch((error: unknown) => error);
    for (const store of world.stores.stores.values()) {
      store.before = () => {};
      store.after = undefined;
    }
    assert.equal(calls.length >= at, true, when);
    while ([...world.tree.intents.open()].length > 0) await world.clock.advance(1000);
    await settler.stop();
    assert.ok(world.c.locks.isFree(ROOT_PATH, 'WRITE_EDGE'), `nothing is stuck ${when}`);
    await assertAgreed(world, when);
    assert.deepEqual(answer instanceof Error ? await run(world) : answer, reply, when);
    assert.deepEqual(view(world), done, when);
    await assertAgreed(world, when);
  }
}
