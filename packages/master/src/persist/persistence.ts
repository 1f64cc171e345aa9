import type { InodeId } from '@alluvium/base';
import type { Configuration } from '@alluvium/platform';
import type { BlockMaster } from '../block/block-master.js';
import type { FileContext } from '../file/context.js';
import { PersistenceSteps } from '../file/persistence-steps.js';
import type { Gauges } from '../metrics/gauges.js';
import * as options from '../options.js';
import { LostFileDetector } from './lost-files.js';
import type { PersistView } from './operations.js';
import { PersistQueue, type PersistPeriods } from './persist-queue.js';
import type { WorkerControl } from '../order/worker-control.js';

interface Parts {
  readonly files: FileContext;
  readonly blocks: BlockMaster;
  readonly control: WorkerControl;
  readonly configuration: Configuration;
}

/** What brings files from the cache to their stores, and looks after those whose bytes are gone. */
export class Persistence implements PersistView {
  readonly queue: PersistQueue;
  readonly #steps: PersistenceSteps;
  readonly #lost: LostFileDetector;
  readonly #blocks: BlockMaster;

  constructor({ files, blocks, control, configuration }: Parts) {
    const { clock, random, log } = files;
    const blacklist = configuration.get(options.persistBlacklist).split(',');
    const steps = new PersistenceSteps(
      files,
      blacklist.map((part) => part.trim()),
    );
    const queue = new PersistQueue({ clock, random, log, control, steps, periods: persistPeriods(configuration) });
    this.#blocks = blocks;
    this.#steps = steps;
    this.queue = queue;
    this.#lost = new LostFileDetector({
      c: files,
      hasSettled: () => blocks.settling.isOver,
      isBusy: (file) => queue.isBusy(file),
      recover: (file) => steps.recover(file),
      intervalMs: configuration.get(options.lostFileInterval),
    });
  }

  start(): void {
    this.#blocks.onRegistered(() => {
      this.queue.workerCame();
      this.#lost.heal();
    });
    this.queue.start();
    this.#lost.start();
  }

  stop(): void {
    this.#blocks.onRegistered(undefined);
    this.#lost.stop();
    this.queue.stop();
  }

  /** Since the start, under Alluxio's names where it has one. */
  readonly gauges: Gauges = () => [
    ['Master.AsyncPersistSuccess', this.queue.succeeded],
    ['Master.AsyncPersistFail', this.queue.failed],
    ['Master.AsyncPersistFileCount', this.queue.size],
    ['Master.AsyncPersistFileSize', this.queue.bytes],
    ['Master.AsyncPersistSetAside', this.#steps.setAside],
  ];

  nudge(file: InodeId): void {
    this.queue.nudge(file);
  }

  setAside(): number {
    return this.#steps.setAside;
  }
}

function persistPeriods(configuration: Configuration): PersistPeriods {
  return {
    intervalMs: configuration.get(options.persistInterval),
    firstRetryMs: configuration.get(options.persistFirstRetry),
    maxRetryMs: configuration.get(options.persistMaxRetry),
    ordersPerWorker: configuration.get(options.persistOrdersPerWorker),
    orderTimeoutMs: configuration.get(options.persistOrderTimeout),
  };
}
