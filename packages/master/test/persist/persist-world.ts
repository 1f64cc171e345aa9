// A file system master with its persistence queue and workers that a test plays.
import type { BlockId, InodeId, WorkerId } from '@alluvium/base';
import { LostFileDetector } from '@alluvium/master/persist/lost-files.js';
import { listPersistQueue, pausePersist, type PersistView } from '@alluvium/master/persist/operations.js';
import { PersistQueue } from '@alluvium/master/persist/persist-queue.js';
import type { WorkerControl } from '@alluvium/master/order/worker-control.js';
import { PersistenceSteps } from '@alluvium/master/file/persistence-steps.js';
import { silentLogger } from '@alluvium/platform';
import { fileSystemMaster as fs, type namespaceService as ns, type workerControl } from '@alluvium/wire';
import { World } from '../file/world.js';
import { FakeControl } from './fakes.js';

const { ASYNC_THROUGH } = fs.WritePType;

export class PersistWorld {
  readonly w: World;
  readonly control = new FakeControl();
  readonly steps: PersistenceSteps;
  readonly queue: PersistQueue;
  readonly lost: LostFileDetector;
  readonly view: PersistView;

  constructor(w = new World(), blacklist: readonly string[] = []) {
    this.w = w;
    this.steps = new PersistenceSteps(w.c, blacklist);
    this.queue = new PersistQueue({
      clock: w.clock,
      random: w.random,
      log: silentLogger,
      control: this.control as unknown as WorkerControl,
      steps: this.steps,
      periods: { intervalMs: 1000, firstRetryMs: 1000, maxRetryMs: 60_000, ordersPerWorker: 4, orderTimeoutMs: 60_000 },
    });
    this.view = { queue: this.queue, setAside: () => this.steps.setAside };
    this.lost = new LostFileDetector({
      c: w.c,
      hasSettled: () => true,
      isBusy: (file) => this.queue.isBusy(file),
      recover: (file) => this.steps.recover(file),
      intervalMs: 10_000,
    });
    w.blocks.onRegistered(() => {
      this.queue.workerCame();
      this.lost.heal();
    });
    this.queue.start();
    this.lost.start();
  }

  stop(): void {
    this.lost.stop();
    this.queue.stop();
  }

  /** Everything that can happen now happens. */
  async turn(ms = 1): Promise<void> {
    await this.w.clock.advance(ms);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    await this.w.clock.advance(1);
  }

  /** A worker registers with blocks, and can be given orders. */
  worker(host: string, blockIds: readonly bigint[] = [], connected = true): WorkerId {
    const { workers } = this.w.blocks;
    const id = workers.announce({ host, rpcPort: 1 });
    const worker = workers.beginRegistration(id, {});
    workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds });
    workers.finishRegistration(worker);
    if (connected) this.control.connect(id);
    return id;
  }

  /** Its copies are gone, and so is its call. */
  lose(worker: WorkerId): void {
    const { workers } = this.w.blocks;
    this.control.disconnect(worker);
    workers.get(worker).lastContactMs = Number.NEGATIVE_INFINITY;
    workers.expire(Number.MAX_SAFE_INTEGER, Infinity);
  }

  /** A file in the cache; answers its id and blocks. */
  async write(path: string, options: fs.CreateFilePOptions = {}, length = 12): Promise<{ file: InodeId; blocks: BlockId[] }> {
    await this.w.write(path, length, { writeType: ASYNC_THROUGH, recursive: true, ...options });
    const inode = this.w.inode(path)!;
    return { file: inode.id, blocks: inode.kind === 'file' ? [...inode.blocks] : [] };
  }

  /** What a worker does for an order: the temporary file, and the result. */
  execute(order: workerControl.PersistOrder, content = 'x'.repeat(Number(order.length))): void {
    this.w.store.file(order.ufsPath!.slice('mem://root/'.length), content);
    const { worker } = this.control.orders.find((sent) => sent.order.orderId === order.orderId)!;
    this.control.listener?.reported(worker, { persistResult: { orderId: order.orderId!, length: BigInt(content.length) } });
  }

  async state(path: string): Promise<string | undefined> {
    return (await this.w.status(path)).persistenceState;
  }

  list(request: ns.ListPersistQueueRequest = {}, user = 'root'): Promise<ns.ListPersistQueueReply> {
    return listPersistQueue(this.view, this.w.c, request, user);
  }

  async pause(path: string, paused: boolean, reason?: string, user = 'root'): Promise<void> {
    await pausePersist(this.view, this.w.c, { path, paused, ...(reason === undefined ? {} : { reason }) }, user);
  }

  /** Files of the store. */
  stored(): string[] {
    return this.w.store.paths().filter((path) => this.w.store.entries.get(path)?.directory === false);
  }
}
