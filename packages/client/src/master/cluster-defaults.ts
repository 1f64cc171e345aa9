import { isWithin, normalPath, parseBytes, parseDurationMs, type Clock, type NormalPath } from '@alluvium/base';
import type { ReadType, TtlAction, WriteType } from '../file-system.js';
import type { MasterChannel } from './master-channel.js';
import { configurationMethods } from './services.js';

/** What files are read and written with when a call does not say it. */
export interface Defaults {
  readonly writeType: WriteType;
  readonly readType: ReadType;
  readonly blockSizeBytes: bigint;
  readonly replicationMin: number;
  readonly replicationMax: number;
  /** -1n: for ever. */
  readonly ttlMs: bigint;
  readonly ttlAction: TtlAction;
}

/** Those that a program may set for itself. */
export type OwnDefaults = Partial<Pick<Defaults, 'writeType' | 'readType' | 'blockSizeBytes'>>;

/** Alluxio 2.9.4's own. */
const BUILT_IN: Defaults = {
  writeType: 'ASYNC_THROUGH',
  readType: 'CACHE',
  blockSizeBytes: 64n << 20n,
  replicationMin: 0,
  replicationMax: -1,
  ttlMs: -1n,
  ttlAction: 'FREE',
};

/** How each is named in the configuration, and read; undefined for a text that is none. */
const READERS: { readonly [K in keyof Defaults]: readonly [name: string, read: (text: string) => Defaults[K] | undefined] } = {
  writeType: ['alluxio.user.file.writetype.default', oneOf('MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH')],
  readType: ['alluxio.user.file.readtype.default', oneOf('CACHE', 'NO_CACHE', 'CACHE_PROMOTE')],
  blockSizeBytes: ['alluxio.user.block.size.bytes.default', (text) => BigInt(parseBytes(text))],
  replicationMin: ['alluxio.user.file.replication.min', whole],
  replicationMax: ['alluxio.user.file.replication.max', whole],
  ttlMs: ['alluxio.user.file.create.ttl', (text) => BigInt(Math.round(parseDurationMs(text)))],
  ttlAction: ['alluxio.user.file.create.ttl.action', oneOf('DELETE', 'FREE', 'DELETE_ALLUXIO')],
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
  readonly #own: OwnDefaults;
  #known: Promise<Known> | undefined;
  #askedAtMs = 0;

  constructor(master: MasterChannel, clock: Clock, own: OwnDefaults) {
    this.#master = master;
    this.#clock = clock;
    this.#own = own;
  }

  /** Asks nothing of the cluster when the program has said all that it can. */
  async get(path: string): Promise<Defaults> {
    const own = this.#own;
    if (own.writeType !== undefined && own.readType !== undefined && own.blockSizeBytes !== undefined) return { ...BUILT_IN, ...own };
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
