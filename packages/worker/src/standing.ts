// Where the worker stands with the master: registered or away, with a call open for orders, pins fresh, and its news told.
import type { BlockId, WorkerId } from '@alluvium/base';
import type { RpcChannel } from '@alluvium/net';
import type { Configuration, Environment } from '@alluvium/platform';
import type { CacheCounters } from './cache/cache-counters.js';
import type { CacheParts } from './cache-parts.js';
import type { Counters } from './counters.js';
import type { DataParts } from './data-parts.js';
import { MasterLink } from './master/master-link.js';
import { MetricsReport } from './master/metrics-report.js';
import { PinRefresh } from './master/pin-refresh.js';
import * as masterOptions from './master-options.js';
import * as options from './options.js';
import { ControlCall } from './order/control-call.js';
import { HotBlocks } from './order/hot-blocks.js';
import type { OwnAddress } from './own-address.js';

export interface StandingDependencies {
  readonly environment: Environment;
  readonly configuration: Configuration;
  readonly channel: RpcChannel;
  readonly counters: Counters;
  readonly requests: CacheCounters;
  readonly own: OwnAddress;
  readonly cache: CacheParts;
  /** Made later: they use the link. */
  readonly orders: () => DataParts['orders'];
  readonly onGaveUp: (error: Error) => void;
}

export class Standing {
  readonly link: MasterLink;
  readonly hot: HotBlocks;
  readonly #d: StandingDependencies;
  readonly #pins: PinRefresh;
  #control: ControlCall | undefined;
  /** Calls that were replaced and are ending. */
  #controlEnded: Promise<void> = Promise.resolve();

  constructor(dependencies: StandingDependencies) {
    this.#d = dependencies;
    const { configuration, channel, own, cache, counters, requests, onGaveUp } = dependencies;
    const { clock, random, log } = dependencies.environment;
    const { store, changes, freed, pins } = cache;
    const heartbeatMs = configuration.get(options.heartbeatInterval);
    this.link = new MasterLink({
      clock,
      random,
      log,
      channel,
      store,
      changes,
      metrics: new MetricsReport(counters, configuration.get(options.workerHostname), requests),
      heartbeatMs,
      reportMax: Math.max(1, configuration.get(masterOptions.heartbeatBlocks)),
      registering: masterOptions.registerOptionsOf(configuration),
      giveUpMs: configuration.get(masterOptions.masterRetry),
      identity: () => own.identity,
      onFree: (ids, generations) => freed.free(ids, generations),
      onRegistered: (id) => this.#openControl(id),
      onAway: () => this.#closeControl(),
      onGaveUp,
    });
    this.#pins = new PinRefresh({ clock, log, pins, source: this.link, intervalMs: heartbeatMs });
    this.hot = new HotBlocks({
      clock,
      intervalMs: configuration.get(options.hotBlocksInterval),
      most: Math.max(0, configuration.get(options.hotBlocks)),
      report: (report) => this.#control?.report(report),
      has: (id) => store.has(id),
    });
  }

  start(): void {
    this.link.start();
    this.#pins.start();
    this.hot.start();
  }

  async stop(): Promise<void> {
    this.hot.stop();
    await this.#pins.stop();
    await this.link.stop();
    this.#d.cache.freed.stop();
    this.#closeControl();
    await this.#controlEnded;
  }

  #openControl(id: WorkerId): void {
    const { environment, cache, channel, orders } = this.#d;
    const { clock, random, log } = environment;
    const { policy, freed, store } = cache;
    policy.open(id);
    const executor = {
      ...orders(),
      explain: policy.explain.bind(policy),
      free: (ids: readonly BlockId[], generations: readonly bigint[] | bigint) => freed.free(ids, generations),
      freePages: (ids: readonly BlockId[]) => {
        for (const page of ids) void store.residentOf(page)?.drop('asked');
      },
    };
    this.#control = new ControlCall({ clock, random, log, channel, executor }, id);
  }

  #closeControl(): void {
    this.#d.cache.policy.close();
    const control = this.#control;
    this.#control = undefined;
    if (control !== undefined) this.#controlEnded = Promise.all([this.#controlEnded, control.stop()]).then(() => undefined);
  }
}
