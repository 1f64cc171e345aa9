// One operation, and a crash at every moment at which a server waits for a disk or a store while it runs: the n-th run dies at the
// n-th of them. Afterwards, with everything up again and namespace and store compared, it must have happened or not, and be possible.
import { kindOf, messageOf, sleep, type ErrorKind } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';
import type { MasterChannel } from '@alluvium/client/master/master-channel.js';
import { SimCluster, type SimNode, type StoreKind } from '@alluvium/testkit';
import { channelOf, disagreement, listSynced, namespaceOf, type Mounted } from './snapshot.js';
import { Violation, violated } from './world.js';

export interface CaseWorld {
  readonly cluster: SimCluster;
  readonly fs: FileSystem;
  readonly master: MasterChannel;
  /** Resolves when nothing is left to be persisted. */
  readonly persisted: () => Promise<void>;
}

export interface CrashCase {
  readonly name: string;
  readonly rootStore?: StoreKind;
  readonly prepare?: (w: CaseWorld) => Promise<void>;
  readonly run: (w: CaseWorld) => Promise<void>;
  /** What may be left of a path besides what was there before and what is there afterwards. */
  readonly between?: (path: string, seen: string | undefined) => boolean;
  /** Path by path, when the operation is cut off; all or nothing unless told. */
  readonly partly?: boolean;
  /** How it may fail when it is asked for again, because it has happened. */
  readonly again?: readonly ErrorKind[];
  /** It has no operation id: sent again after a lost answer, it may fail so as well. */
  readonly unremembered?: true;
  /** Mount points and what is mounted, besides the root. */
  readonly mounts?: Readonly<Record<string, string>>;
}

export interface CrashPoint {
  readonly process: string;
  readonly step: number;
  /** Or only the process dies. */
  readonly powerLoss: boolean;
  /** The client asks again until it is answered; or gives up, and looks what has become of it. */
  readonly patient: boolean;
}

const SEED = 1;
const SETTLE_MS = 30_000;
const LIMIT_MS = 3_600_000;
const SETTLED_WITHIN_MS = 1_800_000;

interface Expected {
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
  /** Moments at which each process may die. */
  readonly steps: ReadonlyMap<string, readonly string[]>;
}

/** The run without a crash. */
export async function undisturbed(c: CrashCase): Promise<Expected> {
  return inWorld(c, async (w) => {
    await c.prepare?.(w);
    await w.persisted();
    const before = await namespaceOf(w.fs, w.master);
    const steps = new Map<string, string[]>();
    w.cluster.step = (process, what) => {
      const of = steps.get(process);
      if (of === undefined) steps.set(process, [what]);
      else of.push(what);
    };
    await c.run(w);
    await w.persisted();
    w.cluster.step = undefined;
    const after = await namespaceOf(w.fs, w.master);
    await settled(c, w);
    return { before, after, steps };
  });
}

/** Every step of the case in turn with clients of both kinds and both kinds of ends: two runs a step. Answers what was found. */
export async function crashEverywhere(c: CrashCase, { from = 0, stride = 1 } = {}): Promise<{ runs: number; found: string[] }> {
  const expected = await undisturbed(c);
  const points: CrashPoint[] = [];
  for (const [process, steps] of expected.steps)
    for (let step = 1; step <= steps.length; step++)
      for (const patient of [true, false])
        points.push({ process, step, patient, powerLoss: process === 'master' && (step % 2 === 0) === patient });
  const found: string[] = [];
  const chosen = points.filter((_, i) => i % stride === from % stride);
  for (const point of chosen)
    await crashedAt(c, expected, point).catch((error: unknown) => found.push(error instanceof Error ? error.message : String(error)));
  return { runs: chosen.length, found };
}

/** The run that dies at the given point. Throws a Violation when that leaves anything that it must not. */
export async function crashedAt(c: CrashCase, { before, after }: Expected, point: CrashPoint): Promise<void> {
  return inWorld(c, async (w) => {
    await c.prepare?.(w);
    await w.persisted();
    const { cluster } = w;
    const node = cluster.nodes.find(({ name }) => name === point.process)!;
    let left = point.step;
    let died = '';
    cluster.step = (process, what) => {
      if (process !== point.process || left-- !== 1) return;
      died = what;
      if (point.powerLoss) node.crash();
      else node.kill();
      cluster.clock.schedule(100, () => void node.start());
    };
    const hasty = await cluster.client('hasty', { retry: { maxDurationMs: point.patient ? 120_000 : 1 } });
    const asked = { ...w, fs: hasty.fs, master: channelOf(cluster, hasty, { maxDurationMs: point.patient ? 120_000 : 1 }) };
    let error: unknown;
    await c.run(asked).catch((thrown: unknown) => (error = thrown));
    if (died === '') await waitFor(w, 'the step', async () => died !== '' || left > 0);
    cluster.step = undefined;
    if (died === '') return;
    const tell = (what: string): never => violated(`${c.name}, ${point.process} died at "${died}" (${point.step}): ${what}`);
    const repeated = c.unremembered === true && c.again?.includes(kindOf(error)) === true;
    if (error !== undefined && point.patient && !repeated && !TEMPORARY.has(kindOf(error)))
      tell(`fails with ${kindOf(error)}: ${messageOf(error)}`);
    await allUp(cluster.nodes, w);
    await sleep(cluster.clock, SETTLE_MS);
    try {
      await w.persisted();
      check(c, await namespaceOf(w.fs, w.master), before, after, error === undefined, tell);
      await settled(c, w);
    } catch (thrown) {
      if (thrown instanceof Violation && thrown.message.startsWith(c.name)) throw thrown;
      tell(`afterwards: ${kindOf(thrown)}: ${messageOf(thrown)}`);
    }
    if (error === undefined) return;
    // What was not answered can be asked for again.
    await c.run(w).catch((thrown: unknown) => {
      if (c.again?.includes(kindOf(thrown)) !== true) tell(`asked for again it fails with ${kindOf(thrown)}: ${messageOf(thrown)}`);
    });
    await w.persisted();
    check(c, await namespaceOf(w.fs, w.master), after, after, true, (what) => tell(`asked for again: ${what}`));
    await settled(c, w).catch((thrown: unknown) => tell(`asked for again: ${messageOf(thrown)}`));
  });
}

const TEMPORARY: ReadonlySet<string> = new Set(['unavailable', 'cancelled', 'deadlineExceeded', 'aborted']);

function check(
  c: CrashCase,
  seen: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  answered: boolean,
  tell: (what: string) => never,
): void {
  const paths = new Set([...seen.keys(), ...before.keys(), ...after.keys()]);
  const differs = (from: ReadonlyMap<string, string>): string | undefined =>
    [...paths].find((path) => seen.get(path) !== from.get(path) && c.between?.(path, seen.get(path)) !== true);
  const text = (path: string): string =>
    `${path} is ${seen.get(path) ?? 'not there'}; before ${before.get(path) ?? 'nothing'}; after ${after.get(path) ?? 'nothing'}`;
  const unlike = differs(after);
  if (unlike === undefined) return;
  if (answered) tell(`answered, and ${text(unlike)}`);
  if (c.partly === true) {
    const neither = [...paths].find(
      (path) => seen.get(path) !== before.get(path) && seen.get(path) !== after.get(path) && c.between?.(path, seen.get(path)) !== true,
    );
    if (neither !== undefined) tell(text(neither));
  } else if (differs(before) !== undefined) tell(`half done: ${text(unlike)}; ${text(differs(before)!)}`);
}

/** Namespace and stores agree, and a new master says the same. */
async function settled(c: CrashCase, w: CaseWorld): Promise<void> {
  const { cluster } = w;
  const status = await listSynced(w.master);
  const mounts: Mounted[] = [{ path: '/', store: cluster.store }];
  for (const [path, uri] of Object.entries(c.mounts ?? {}))
    if (status.get(path)?.mountPoint === true) mounts.push({ path, store: cluster.stores.at(uri) });
  const why = disagreement(status, mounts);
  if (why !== undefined) violated(`at rest ${why}`);
  const before = await namespaceOf(w.fs, w.master);
  cluster.master.kill();
  await cluster.master.start();
  await allUp(cluster.nodes, w);
  const after = await namespaceOf(w.fs, w.master);
  for (const path of new Set([...before.keys(), ...after.keys()]))
    if (before.get(path) !== after.get(path)) violated(`a restart makes ${path} ${after.get(path)}; it was ${before.get(path)}`);
}

async function allUp(nodes: readonly SimNode[], w: CaseWorld): Promise<void> {
  await waitFor(w, 'a node', async () => nodes.every((node) => node.isReady));
  await waitFor(w, 'a worker', async () => (await w.fs.cluster()).liveWorkers === nodes.length - 1);
}

async function waitFor({ cluster }: Pick<CaseWorld, 'cluster'>, what: string, done: () => Promise<boolean>): Promise<void> {
  const untilMs = cluster.clock.monotonicMs() + SETTLED_WITHIN_MS;
  while (!(await done())) {
    if (cluster.clock.monotonicMs() > untilMs) violated(`${what} does not come to rest`);
    await sleep(cluster.clock, 1000);
  }
}

async function inWorld<T>(c: CrashCase, run: (w: CaseWorld) => Promise<T>): Promise<T> {
  const cluster = new SimCluster({
    seed: SEED,
    workers: 1,
    ...(c.rootStore === undefined ? {} : { rootStore: c.rootStore }),
    properties: {
      'alluxio.master.journal.log.size.bytes.max': '64KB',
      'alluxio.master.persistence.max.interval': '5s',
      'alluxio.master.persistence.initial.interval': '1s',
    },
  });
  const scenario = async (): Promise<T> => {
    await cluster.start();
    const client = await cluster.client('client');
    const master = channelOf(cluster, client);
    const persisted = (): Promise<void> =>
      waitFor({ cluster }, 'persistence', async () =>
        [...(await listSynced(master)).values()].every(
          ({ persistenceState, completed }) => !completed || persistenceState !== 'TO_BE_PERSISTED',
        ),
      );
    const w = { cluster, fs: client.fs, master, persisted };
    await allUp(cluster.nodes, w);
    return run(w);
  };
  return cluster.clock.run(scenario(), LIMIT_MS);
}
