// A simulation from its seed: programs at work, a cluster that is disturbed, and the questions that are asked in the end.
import { isDeepStrictEqual } from 'node:util';
import { fileIdOfBlock, sleep, type BlockId } from '@alluvium/base';
import type { FileStatus } from '@alluvium/client';
import { SimCluster } from '@alluvium/testkit';
import { restoreFromBackup } from './backup-check.js';
import { Disturbances } from './disturbances.js';
import { JournalCheck } from './journal-check.js';
import { Journeys } from './journeys.js';
import { OwnSubtree } from './own-subtree.js';
import { hasQuotas, setQuotas, withinQuotas } from './quotas.js';
import { replicated } from './replicas.js';
import { SharedSubtree } from './shared-subtree.js';
import { Program, violated, type Excuses } from './world.js';
import { locatedAsKept } from './whereabouts.js';

export interface SimulationOptions {
  readonly seed: number;
  /** Operations of all programs together. */
  readonly steps: number;
  readonly listener?: (line: string) => void;
  /** Spoils the cluster before it starts, to see that it is noticed. */
  readonly sabotage?: (cluster: SimCluster) => void;
}

/** Operations of a run in the tests. */
export const STEPS = 150;

export interface SimulationReport {
  /** Of everything that happened: the same for the same seed. */
  readonly digest: string;
  readonly simulatedMs: number;
}

/** The simulation found something: what, and how it came to it. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';

  constructor({ seed, steps }: SimulationOptions, cause: unknown, tail: readonly string[]) {
    super(
      `${cause instanceof Error ? cause.message : String(cause)}\nreplay: npm run simulate -- --seed ${seed} --steps ${steps}\n${tail.join('\n')}`,
      { cause },
    );
  }
}

const SIMULATION_LIMIT_MS = 24 * 3_600_000;
const TAIL_LINES = 25;
const ROUTINE = / disk |Heartbeat|GetPinnedFileIds|ExchangeCache/;

function hasSmallTiers(seed: number): boolean {
  return seed % 2 === 1;
}

/** One tier for some, for others several directories, into which not everything fits that is written. */
function tiersOf(seed: number): Readonly<Record<string, string>> {
  if (!hasSmallTiers(seed)) return {};
  return {
    'alluxio.worker.tieredstore.levels': '2',
    'alluxio.worker.tieredstore.level0.dirs.path': '/tier/mem-0,/tier/mem-1',
    'alluxio.worker.tieredstore.level0.dirs.quota': '24KB,16KB',
    'alluxio.worker.tieredstore.level1.alias': 'SSD',
    'alluxio.worker.tieredstore.level1.dirs.path': '/tier/ssd',
    'alluxio.worker.tieredstore.level1.dirs.quota': seed % 3 === 0 ? '512KB' : '1MB',
  };
}

/** For some, workers are soon lost and forgotten, register one at a time, and tell of two blocks at a time. */
function standingOf(seed: number): Readonly<Record<string, string>> {
  if (seed % 5 !== 2) return {};
  return {
    'alluxio.master.worker.timeout': '5s',
    'alluxio.master.lost.worker.detection.interval': '1s',
    'alluxio.master.lost.worker.deletion.timeout': seed % 2 === 0 ? '10s' : '5min',
    'alluxio.master.worker.register.lease.count': '1',
    'alluxio.master.worker.register.lease.ttl': '5s',
    'alluxio.master.worker.register.stream.response.timeout': '10s',
    'alluxio.worker.register.stream.batch.size': '2',
    'alluxio.worker.block.heartbeat.report.size.threshold': '2',
    'alluxio.master.periodic.block.integrity.check.interval': '20s',
  };
}

export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const cluster = new SimCluster({
    seed: options.seed,
    workers: 1 + (options.seed % 3),
    ramdisk: '32MB',
    workerProperties: tiersOf(options.seed),
    rootStore: options.seed % 4 === 3 ? 'objects' : 'files',
    maxDrift: options.seed % 5 === 0 ? 0.2 : 0.001,
    properties: {
      'alluxio.master.journal.log.size.bytes.max': '20KB',
      'alluxio.master.journal.checkpoint.period.entries': '150',
      // What goes through a subtree is interrupted after a few inodes.
      'alluvium.master.recursive.batch': '3',
      'alluxio.master.persistence.max.interval': '1min',
      'alluvium.underfs.cleanup.age': '2min',
      'alluxio.underfs.cleanup.interval': '2min',
      ...standingOf(options.seed),
    },
  });
  cluster.trace.listener = options.listener;
  options.sabotage?.(cluster);
  const stray = (error: unknown): void => void strays.push(error);
  const strays: unknown[] = [];
  process.on('unhandledRejection', stray);
  try {
    await cluster.clock.run(scenario(cluster, options), SIMULATION_LIMIT_MS);
    if (strays.length > 0) throw strays[0];
  } catch (error) {
    throw new SimulationFailure(
      options,
      error,
      cluster.trace
        .tail(10_000)
        .filter((line) => !ROUTINE.test(line))
        .slice(-TAIL_LINES),
    );
  } finally {
    process.off('unhandledRejection', stray);
  }
  return { digest: cluster.trace.digest(), simulatedMs: cluster.clock.monotonicMs() };
}

async function scenario(cluster: SimCluster, { seed, steps }: SimulationOptions): Promise<void> {
  await cluster.start();
  const programs: Program[] = [];
  const check = new JournalCheck(cluster);
  const disturbances = new Disturbances(cluster, programs, check, hasSmallTiers(seed));
  for (let i = 0; i < 3; i++) programs.push(new Program(`program-${i}`, cluster, disturbances));
  const shared = new SharedSubtree();
  await shared.prepare(programs[0]!);
  const ways: (readonly Way[])[] = [];
  for (const [i, program] of programs.entries()) ways.push(await waysOf(program, disturbances, i));

  if (hasQuotas(seed)) await setQuotas(programs[0]!);
  const disturbing = disturbances.run();
  let left = steps;
  const work = async (own: readonly Way[]): Promise<void> => {
    const [
      {
        subtree: { program },
      },
    ] = own as readonly [Way];
    const { random } = program;
    while (left-- > 0) {
      const { subtree, journeys } = random.pick(own);
      if (random.chance(0.2)) await shared.step(program);
      else await (random.chance(0.1) ? journeys : subtree).step();
      await sleep(cluster.clock, random.next() * random.pick([0, 20, 500]));
    }
  };
  await Promise.all([Promise.all(ways.map(work)).finally(() => disturbances.end()), disturbing]);

  await allWell(cluster);
  for (const { subtree } of ways.flat()) await subtree.finalCheck();
  shared.check();
  await cleanedUp(cluster);
  await replicated(cluster, () => everythingWithPlaces(programs[0]!));
  await locatedAsKept(cluster, () => everythingWithPlaces(programs[0]!));
  if (hasQuotas(seed)) await withinQuotas(cluster, () => everythingWithPlaces(programs[0]!));
  noDebris(cluster, await everything(programs[0]!));
  healthy(cluster);
  await mustCompare(check);
  await sameAfterRestart(cluster, programs[0]!);
  healthy(cluster);
  await mustCompare(check);
  if (cluster.random.chance(RESTORED_SHARE)) await sameFromBackup(cluster, programs[0]!);
}

/** The doctor finds nothing. */
function healthy({ master }: SimCluster): void {
  const [finding] = master.service?.examine() ?? [];
  if (finding !== undefined) violated(`the doctor finds ${finding.kind}: ${finding.detail}`);
}

/** At rest there is nothing that could keep the two from being compared. */
async function mustCompare(check: JournalCheck): Promise<void> {
  if (!(await check.compare())) violated('the journal and the state of the master cannot be compared');
}

/** A directory of a program, and what it does there. */
interface Way {
  readonly subtree: OwnSubtree;
  readonly journeys: Journeys;
}

/** A directory in the root's store, and one in a store of its own. */
async function waysOf(program: Program, excuses: Excuses, i: number): Promise<readonly Way[]> {
  const { cluster, name } = program;
  const root = `/${name}`;
  await program.ask('prepare', (fs) => fs.createDirectory(root, { allowExists: true, writeType: 'CACHE_THROUGH' }));
  const mounted = `/mount-${i}`;
  const uri = `${i % 2 === 0 ? 'sim-objects' : 'sim'}://mount-${i}`;
  await program.ask('mount', (fs) => fs.mount(mounted, uri), 'unknown');
  const places = [
    { root, store: cluster.store, at: name },
    { root: mounted, store: cluster.stores.at(uri), at: '', uri },
  ];
  return places.map((place) => {
    const subtree = new OwnSubtree(program, excuses, place);
    subtree.prepare();
    return { subtree, journeys: new Journeys(subtree, excuses) };
  });
}

/** Beyond the furthest that a clock is put forwards. */
const CAUGHT_UP_MS = 7_200_000;

/** Waits until master and workers know each other again. */
async function allWell(cluster: SimCluster): Promise<void> {
  const untilMs = cluster.clock.monotonicMs() + 3_600_000;
  while (!cluster.nodes.every((node) => node.isReady)) {
    if (cluster.clock.monotonicMs() > untilMs) violated(`${cluster.nodes.find((node) => !node.isReady)?.name} does not become ready`);
    await sleep(cluster.clock, 1000);
  }
  // What a clock that was ahead has dated is old by now.
  for (const { time } of cluster.nodes) time.offsetMs = CAUGHT_UP_MS;
  // Past every excuse.
  await sleep(cluster.clock, 600_000);
}

/** What a worker could not remove from a disk that failed, it removes when it starts. */
async function cleanedUp(cluster: SimCluster): Promise<void> {
  for (const worker of cluster.workers) {
    if (worker.disk.failures === 0) continue;
    worker.kill();
    await worker.start();
  }
  await allWell(cluster);
}

const PERSIST_DIRECTORY = '.alluxio_ufs_persistence/';

/** Nothing is left that belongs to nobody: attempts to persist in the stores, blocks and halves of blocks on the workers. */
function noDebris({ stores, workers }: SimCluster, namespace: ReadonlyMap<string, FileStatus>): void {
  // The attempt of one whose bytes are lost is its own until it ends.
  const waiting = new Set<string>();
  for (const { fileId, persistenceState } of namespace.values()) if (persistenceState === 'TO_BE_PERSISTED') waiting.add(String(fileId));
  const ofNobody = (path: string): boolean =>
    path.startsWith(PERSIST_DIRECTORY) && !waiting.has(/^\d+/.exec(path.slice(PERSIST_DIRECTORY.length))?.[0] ?? '');
  for (const { uri, entries } of stores.all()) {
    const left = [...entries.keys()].find(ofNobody);
    if (left !== undefined) violated(`${uri} still has ${left}`);
  }
  const files = new Set([...namespace.values()].map(({ fileId }) => fileId));
  for (const { name, disk } of workers)
    for (const path of disk.paths()) {
      const [, temporary, block] = /^\/tier\/(?:[^/]+\/)?alluxioworker\/(\.tmp_blocks\/\d+\/)?[0-9a-f-]*?(\d+)$/.exec(path) ?? [];
      if (temporary !== undefined) violated(`${name} still has ${path}`);
      if (block !== undefined && !files.has(fileIdOfBlock(BigInt(block) as BlockId)))
        violated(`${name} still has block ${block}, which is of no file`);
    }
}

/** Of the runs, those whose backup is restored at the end. */
const RESTORED_SHARE = 0.2;

async function sameFromBackup(cluster: SimCluster, program: Program): Promise<void> {
  const before = await everything(program);
  await restoreFromBackup(cluster, program);
  mustEqual(before, await everything(program), 'from a backup');
  healthy(cluster);
}

/** A master that is killed comes back with the same namespace, to the last attribute. */
async function sameAfterRestart(cluster: SimCluster, program: Program): Promise<void> {
  const before = await everything(program);
  cluster.master.kill();
  await cluster.master.start();
  await sleep(cluster.clock, 60_000);
  mustEqual(before, await everything(program), 'after a restart');
}

function mustEqual(before: ReadonlyMap<string, FileStatus>, after: ReadonlyMap<string, FileStatus>, when: string): void {
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (isDeepStrictEqual(comparable(before.get(path), before.get(path)), comparable(after.get(path), before.get(path)))) continue;
    violated(`${path} is another ${when}: ${text(before.get(path))}; ${text(after.get(path))}`);
  }
}

/** What the workers say anew after each start of the master. */
const UNKNOWN_PLACES = { inAlluxioPercentage: 0, inMemoryPercentage: 0 };

/** What waits to be persisted, its bytes lost or out of reach for long, may have got there since. */
function comparable(status: FileStatus | undefined, before: FileStatus | undefined): FileStatus | undefined {
  if (status === undefined || before?.persistenceState !== 'TO_BE_PERSISTED') return status;
  return { ...status, persisted: false, persistenceState: 'TO_BE_PERSISTED', ufsFingerprint: '' };
}

/** The namespace without where the bytes are. */
async function everything(program: Program): Promise<Map<string, FileStatus>> {
  const out = new Map<string, FileStatus>();
  for (const [path, status] of await everythingWithPlaces(program))
    out.set(path, { ...status, ...UNKNOWN_PLACES, blocks: status.blocks.map((block) => ({ ...block, locations: [] })) });
  return out;
}

async function everythingWithPlaces(program: Program): Promise<Map<string, FileStatus>> {
  const all = await program.ask('list everything', async (fs) => {
    const out = new Map<string, FileStatus>();
    for await (const status of fs.list('/', { recursive: true })) out.set(status.path, status);
    return out;
  });
  return all!;
}

function text(status: FileStatus | undefined): string {
  return JSON.stringify(status, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
