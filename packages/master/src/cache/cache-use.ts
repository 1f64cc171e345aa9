// How the cache does: what workers report of reads, by mount, path, user and reason. In memory only, and bounded.
import type { Clock } from '@alluvium/base';
import type { cacheService } from '@alluvium/wire';
import type { Gauges } from '../metrics/gauges.js';
import type { Places } from './places.js';
import { count, figuresOf, sumMessage, UseWindows, type Figures } from './use-windows.js';

/** Told apart; further ones count together, under the name "". */
const MAX_USERS = 1000;
const MAX_MOUNTS = 1000;
/** Names that workers may send. */
const MAX_REASONS = 64;
const MAX_NAME_CHARS = 128;
const OTHERS = '';
/** Looks for places that are idle follow each other no faster. */
const LOOK_MS = 60_000;

interface ReasonSum {
  count: number;
  bytes: number;
}

export type UseReport = Pick<cacheService.ExchangeCacheRequest, 'places' | 'users' | 'misses' | 'left'>;

export class CacheUse {
  readonly #clock: Clock;
  readonly #places: Places;
  readonly #sinceMs: number;
  readonly #total = new UseWindows();
  readonly #byMount = new Map<string, UseWindows>();
  /** As many as there are places. */
  readonly #byPath = new Map<string, UseWindows>();
  readonly #byUser = new Map<string, UseWindows>();
  readonly #misses = new Map<string, ReasonSum>();
  readonly #left = new Map<string, ReasonSum>();
  #lookedMs = -Infinity;

  constructor(clock: Clock, places: Places) {
    this.#clock = clock;
    this.#places = places;
    this.#sinceMs = clock.nowMs();
    places.makeRoom = () => this.#forgetIdle();
  }

  /** What a worker counted since it last told. */
  add(report: UseReport): void {
    const nowMs = this.#clock.monotonicMs();
    for (const { place, figures } of report.places ?? []) {
      const sums = figuresOf(figures);
      const known = this.#places.byId(place ?? 0);
      this.#total.add(sums, nowMs);
      addTo(this.#byMount, known?.mountPath ?? OTHERS, sums, nowMs, MAX_MOUNTS);
      addTo(this.#byPath, known?.path ?? OTHERS, sums, nowMs, Infinity);
    }
    for (const { user, figures } of report.users ?? []) addTo(this.#byUser, shortened(user), figuresOf(figures), nowMs, MAX_USERS);
    addReasons(this.#misses, report.misses);
    addReasons(this.#left, report.left);
  }

  /** Places in which nothing was read for an hour count with the others from now on. */
  #forgetIdle(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    for (const place of this.#places.active()) {
      const use = this.#byPath.get(place.path);
      if (use?.isIdle(nowMs) === false) continue;
      this.#places.forget(place);
      if (use === undefined) continue;
      this.#byPath.delete(place.path);
      useOf(this.#byPath, OTHERS).inherit(use.sinceStart);
    }
  }

  /** Those that were read most since the start first. `everybody`: paths and users too. */
  report(limit: number, everybody: boolean): cacheService.GetCacheUseReply {
    const nowMs = this.#clock.monotonicMs();
    return {
      total: this.#total.message('', nowMs),
      mounts: messages(this.#byMount, nowMs, Infinity),
      paths: everybody ? messages(this.#byPath, nowMs, limit) : [],
      users: everybody ? messages(this.#byUser, nowMs, limit) : [],
      misses: reasonMessages(this.#misses),
      left: reasonMessages(this.#left),
      sinceMs: BigInt(Math.floor(this.#sinceMs)),
    };
  }

  readonly gauges: Gauges = () => {
    const { hits, hitBytes, misses, missBytes } = this.#total.sinceStart;
    return [
      ['Cluster.CacheHits', hits],
      ['Cluster.CacheMisses', misses],
      ['Cluster.CacheBytesReadCache', hitBytes],
      ['Cluster.CacheBytesReadExternal', missBytes],
      ['Cluster.CacheByteHitRate', hitBytes + missBytes === 0 ? 0 : hitBytes / (hitBytes + missBytes)],
      ...[...this.#misses].map(([reason, sum]): [string, number] => [`Cluster.CacheMisses.${reason}`, sum.count]),
      ...[...this.#left].map(([reason, sum]): [string, number] => [`Cluster.BlocksRemoved.${reason}`, sum.count]),
      ...[...this.#byMount].map(([mount, use]): [string, number] => [`Cluster.CacheByteHitRate.Mount:${mount}`, byteRatio(use.sinceStart)]),
    ];
  };
}

function byteRatio({ hitBytes, missBytes }: Figures): number {
  return hitBytes + missBytes === 0 ? 0 : hitBytes / (hitBytes + missBytes);
}

function addTo(sums: Map<string, UseWindows>, name: string, figures: Figures, nowMs: number, max: number): void {
  useOf(sums, sums.has(name) || sums.size < max ? name : OTHERS).add(figures, nowMs);
}

function useOf(sums: Map<string, UseWindows>, name: string): UseWindows {
  let use = sums.get(name);
  if (use === undefined) sums.set(name, (use = new UseWindows()));
  return use;
}

function addReasons(sums: Map<string, ReasonSum>, counts: readonly cacheService.ReasonCount[] | undefined): void {
  for (const { reason, count: times, bytes } of counts ?? []) {
    const name = shortened(reason);
    let sum = sums.get(name);
    if (sum === undefined) {
      if (sums.size >= MAX_REASONS) continue;
      sums.set(name, (sum = { count: 0, bytes: 0 }));
    }
    sum.count += count(times);
    sum.bytes += count(bytes);
  }
}

function messages(sums: ReadonlyMap<string, UseWindows>, nowMs: number, limit: number): cacheService.CacheUse[] {
  return [...sums]
    .sort(([, a], [, b]) => bytesOf(b.sinceStart) - bytesOf(a.sinceStart))
    .slice(0, limit)
    .map(([name, use]) => use.message(name, nowMs));
}

function bytesOf({ hitBytes, missBytes }: Figures): number {
  return hitBytes + missBytes;
}

function reasonMessages(sums: ReadonlyMap<string, ReasonSum>): cacheService.ReasonCount[] {
  return [...sums]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([reason, sum]) => ({ reason, count: sumMessage(sum.count), bytes: sumMessage(sum.bytes) }));
}

function shortened(name: string | undefined): string {
  return (name ?? OTHERS).slice(0, MAX_NAME_CHARS);
}
