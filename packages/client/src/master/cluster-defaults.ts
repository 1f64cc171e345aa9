import { fail, isWithin, normalPath, parseBytes, parseDurationMs, type Clock, type NormalPath } from '@alluvium/base';
import type { ReadType, TtlAction, WriteType } from '../file-system.js';
import { policyNamed, type PolicyName } from '../placement/placement.js';
import type { MasterChannel } from './master-channel.js';
import { configurationMethods } from './services.js';

/** What files are read and written with when a call does not say it. */
export interface Defaults {
  readonly writeType: WriteType;
  readonly readType: ReadType;
  readonly blockSizeBytes: bigint;
  readonly replicationMin: number;
  readonly replicationMax: number;
  readonly replicationDurable: number;
  /** -1n: for ever. */
  readonly ttlMs: bigint;
  readonly ttlAction: TtlAction;
  /** Which worker a block is written to, and through which one it is read when nobody has it. */
  readonly writePolicy: PolicyName;
  readonly readPolicy: PolicyName;
  readonly hashShards: number;
  /** What LocalFirstAvoidEvictionPolicy leaves free. */
  readonly reservedBytes: bigint;
  /** That of SpecificHostPolicy. */
  readonly specificHost: string;
  /** Tiers of locality from near to far. */
  readonly localityOrder: readonly string[];
  readonly compareNodeIp: boolean;
  /** Whether files of a worker on this machine are opened, and whether also when it has a domain socket. */
  readonly shortCircuit: boolean;
  readonly shortCircuitPreferred: boolean;
  /** Whether a domain socket that is there stands for a worker that is. */
  readonly socketAsUuid: boolean;
  /** Whether the worker on this machine is asked to keep what was read elsewhere. */
  readonly passiveCache: boolean;
  /** Whether an ASYNC_THROUGH file for which no worker has room goes to the store at once. */
  readonly throughWhenFull: boolean;
}

/** Alluxio 2.9.4's own. */
const BUILT_IN: Defaults = {
  writeType: 'ASYNC_THROUGH',
  readType: 'CACHE',
  blockSizeBytes: 64n << 20n,
  replicationMin: 0,
  replicationMax: -1,
  replicationDurable: 1,
  ttlMs: -1n,
  ttlAction: 'FREE',
  writePolicy: 'LocalFirstPolicy',
  readPolicy: 'LocalFirstPolicy',
  hashShards: 1,
  reservedBytes: 0n,
  specificHost: '',
  localityOrder: ['node', 'rack'],
  compareNodeIp: false,
  shortCircuit: true,
  shortCircuitPreferred: false,
  socketAsUuid: false,
  passiveCache: true,
  throughWhenFull: true,
};

/** How each is named in the configuration, and read; undefined for a text that is none. */
const READERS: { readonly [K in keyof Defaults]: readonly [name: string, read: (text: string) => Defaults[K] | undefined] } = {
  writeType: ['alluxio.user.file.writetype.default', oneOf('MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH')],
  readType: ['alluxio.user.file.readtype.default', oneOf('CACHE', 'NO_CACHE', 'CACHE_PROMOTE')],
  blockSizeBytes: ['alluxio.user.block.size.bytes.default', (text) => BigInt(parseBytes(text))],
  replicationMin: ['alluxio.user.file.replication.min', whole],
  replicationMax: ['alluxio.user.file.replication.max', whole],
  replicationDurable: ['alluxio.user.file.replication.durable', atLeastOne],
  ttlMs: ['alluxio.user.file.create.ttl', (text) => BigInt(Math.round(parseDurationMs(text)))],
  ttlAction: ['alluxio.user.file.create.ttl.action', oneOf('DELETE', 'FREE', 'DELETE_ALLUXIO')],
  writePolicy: ['alluxio.user.block.write.location.policy.class', policyNamed],
  readPolicy: ['alluxio.user.ufs.block.read.location.policy', policyNamed],
  hashShards: ['alluxio.user.ufs.block.read.location.policy.deterministic.hash.shards', atLeastOne],
  reservedBytes: ['alluxio.user.block.avoid.eviction.policy.reserved.size.bytes', (text) => BigInt(parseBytes(text))],
  specificHost: ['alluxio.worker.hostname', (text) => text],
  localityOrder: ['alluxio.locality.order', (text) => text.split(',').map((tier) => tier.trim())],
  compareNodeIp: ['alluxio.locality.compare.node.ip', yesOrNo],
  shortCircuit: ['alluxio.user.short.circuit.enabled', yesOrNo],
  shortCircuitPreferred: ['alluxio.user.short.circuit.preferred', yesOrNo],
  socketAsUuid: ['alluxio.worker.data.server.domain.socket.as.uuid', yesOrNo],
  passiveCache: ['alluxio.user.file.passive.cache.enabled', yesOrNo],
  throughWhenFull: ['alluvium.user.file.write.through.when.full', yesOrNo],
};

/** As often as Java clients look whether the configuration is another one. */
const FRESH_MS = 60_000;

interface Known {
  readonly hashes: string;
  readonly cluster: Partial<Defaults>;
  /** Longer paths first. */
  readonly paths: readonly (readonly [NormalPath, Partial<Defaults>])[];
}

/** The defaults of the cluster for a path, looked at again from time to time; the program's own go before them. */
export class ClusterDefaults {
  readonly #master: MasterChannel;
  readonly #clock: Clock;
  readonly #own: Partial<Defaults>;
  #known: Promise<Known> | undefined;
  #askedAtMs = 0;

  constructor(master: MasterChannel, clock: Clock, own: Partial<Defaults>) {
    this.#master = master;
    this.#clock = clock;
    this.#own = own;
  }

  async get(path: string): Promise<Defaults> {
    const own = this.#own;
    const { cluster, paths } = await this.#current();
    const at = normalPath(path);
    const above = paths.filter(([prefix]) => isWithin(at, prefix)).map(([, defaults]) => defaults);
    return Object.assign({}, BUILT_IN, cluster, ...above.toReversed(), own) as Defaults;
  }

  #current(): Promise<Known> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#known === undefined || nowMs - this.#askedAtMs >= FRESH_MS) {
      this.#askedAtMs = nowMs;
      const before = this.#known;
      const known = before === undefined ? this.#ask() : this.#askAgain(before);
      this.#known = known;
      known.catch(() => {
        if (this.#known === known) this.#known = undefined;
      });
    }
    return this.#known;
  }

  async #askAgain(before: Promise<Known>): Promise<Known> {
    const known = await before;
    const answer = await this.#master.unary(configurationMethods.getConfigHash, {});
    return hashesOf(answer) === known.hashes ? known : await this.#ask();
  }

  async #ask(): Promise<Known> {
    const answer = await this.#master.unary(configurationMethods.getConfiguration, {});
    const paths = Object.entries(answer.pathConfigs ?? {})
      .filter(([path]) => path.startsWith('/'))
      .map(([path, { properties = [] }]) => [normalPath(path), defaultsIn(properties)] as const);
    return {
      hashes: hashesOf(answer),
      cluster: defaultsIn(answer.clusterConfigs ?? []),
      paths: paths.sort(([a], [b]) => b.length - a.length),
    };
  }
}

function hashesOf(answer: { clusterConfigHash?: string | undefined; pathConfigHash?: string | undefined }): string {
  return `${answer.clusterConfigHash ?? ''} ${answer.pathConfigHash ?? ''}`;
}

/** What a program sets for itself, by Alluxio's names; others are not looked at. Throws `invalidArgument` for a text that is none. */
export function defaultsOf(properties: Readonly<Record<string, string>>): Partial<Defaults> {
  const found = defaultsIn(Object.entries(properties).map(([name, value]) => ({ name, value })));
  for (const [key, [name]] of Object.entries(READERS)) {
    const text = properties[name] ?? '';
    if (text !== '' && !(key in found)) throw fail('invalidArgument', `Cannot set ${name} to "${text}": it takes no such value`);
  }
  return found;
}

/** What does not parse is as if it were not there. */
function defaultsIn(properties: readonly { name?: string | undefined; value?: string | undefined }[]): Partial<Defaults> {
  const values = new Map(properties.map(({ name = '', value = '' }) => [name, value]));
  const found: Partial<Record<keyof Defaults, unknown>> = {};
  for (const [key, [name, read]] of Object.entries<readonly [string, (text: string) => unknown]>(READERS)) {
    const value = tryRead<unknown>(read, values.get(name) ?? '');
    if (value !== undefined) found[key as keyof Defaults] = value;
  }
  return found as Partial<Defaults>;
}

function tryRead<T>(read: (text: string) => T | undefined, text: string): T | undefined {
  if (text === '') return undefined;
  try {
    return read(text);
  } catch {
    return undefined;
  }
}

function oneOf<const C extends string>(...choices: readonly C[]): (text: string) => C | undefined {
  return (text) => choices.find((choice) => choice === text.toUpperCase());
}

function whole(text: string): number | undefined {
  const n = Number(text);
  return Number.isInteger(n) ? n : undefined;
}

function atLeastOne(text: string): number | undefined {
  const n = Number(text);
  return Number.isInteger(n) && n >= 1 ? n : undefined;
}

function yesOrNo(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}
