// A machine of the simulation.
import { sleep } from '@alluvium/base';
import type { Address } from '@alluvium/net';
import type { Service } from '@alluvium/platform';
import type { SimDisk } from './sim-disk.js';
import { SimProcess, type MachineTime, type SimMachine } from './sim-process.js';
import type { SimTrace } from './sim-trace.js';

const FIRST_RESTART_PAUSE_MS = 250;
const MAX_RESTART_PAUSE_MS = 30_000;
const MAX_FAILED_STARTS = 16;

export type NodeService = Service & { readonly failed?: Promise<Error> };

/** A process that was taken for dead while it stood still. */
export interface Supplanted {
  readonly process: SimProcess;
  /** Where it can still be reached. */
  readonly address: Address;
}

/** A machine with a disk and one service that a supervisor starts again whenever it ends. */
export class SimNode<S extends NodeService = NodeService> {
  readonly name: string;
  readonly disk: SimDisk;
  readonly time: MachineTime;
  readonly #make: (process: SimProcess) => S;
  readonly #machine: SimMachine;
  readonly #trace: SimTrace;
  readonly #supplanted = new Set<SimProcess>();
  #process: SimProcess | undefined;
  #service: S | undefined;
  #wanted = false;
  #ends = 0;
  #supplantings = 0;
  #failedStarts = 0;
  #startError = '';
  #starting: Promise<void> | undefined;
  /** Tells who waits for a start that its process is no longer the one. */
  #onSupplanted: () => void = () => {};

  constructor(
    name: string,
    machine: SimMachine & { readonly disk: SimDisk; readonly time: MachineTime },
    trace: SimTrace,
    make: (process: SimProcess) => S,
  ) {
    this.name = name;
    this.disk = machine.disk;
    this.time = machine.time;
    this.#machine = machine;
    this.#trace = trace;
    this.#make = make;
  }

  /** What runs, once it serves. */
  get service(): S | undefined {
    return this.#service;
  }

  /** Why it does not start, after so many attempts that nothing temporary explains it. */
  get refusesToStart(): string | undefined {
    return this.#failedStarts > MAX_FAILED_STARTS ? this.#startError : undefined;
  }

  /** Why the last attempt to start failed; undefined when it did not. */
  get startError(): string | undefined {
    return this.#failedStarts > 0 ? this.#startError : undefined;
  }

  /** How many of its processes have ended so far. */
  get ends(): number {
    return this.#ends;
  }

  get isReady(): boolean {
    return this.#service?.health().ready === true;
  }

  /** Resolves when it serves; tries again for as long as it cannot start. */
  start(): Promise<void> {
    this.#wanted = true;
    this.#starting ??= this.#startUntilUp().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  /** The process is killed; what it has written stays. */
  kill(): void {
    this.#end('killed');
    if (this.#supplanted.size === 0) this.disk.kill();
  }

  /** The machine loses power: what was not synced may be gone. */
  crash(): void {
    this.#end('lost power');
    for (const process of this.#supplanted) process.kill();
    this.#supplanted.clear();
    this.disk.crash();
  }

  /** Ends as on SIGTERM. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const service = this.#service;
    this.#service = undefined;
    const process = this.#process;
    this.#trace.add(`${this.name} stops`);
    // What cannot stop in order is ended by whoever told it to.
    const stopped = service?.stop().catch((error: unknown) => this.#trace.add(`${this.name} does not stop: ${String(error)}`));
    if (process !== undefined) await Promise.race([stopped, process.dead]);
    if (this.#process === process) this.kill();
  }

  /** The process stands still until it is told to go on; undefined when there is none. */
  freeze(): SimProcess | undefined {
    if (this.#process === undefined) return undefined;
    this.#trace.add(`${this.name} stands still`);
    this.#process.pause.begin();
    return this.#process;
  }

  /** The process is taken for dead, and is not: the next start makes another beside it, on the same disk. Undefined when it is. */
  supplant(process: SimProcess): Supplanted | undefined {
    if (process !== this.#process) return undefined;
    const address = { host: `${this.name}-${++this.#supplantings}`, port: 1 };
    this.#trace.add(`${this.name} is supplanted`);
    process.stepAside(address);
    this.#supplanted.add(process);
    void process.dead.then(() => this.#supplanted.delete(process));
    this.#process = undefined;
    this.#service = undefined;
    this.#onSupplanted();
    return { process, address };
  }

  #end(how: string): void {
    this.#wanted = false;
    this.#service = undefined;
    if (this.#process === undefined) return;
    this.#ends++;
    this.#trace.add(`${this.name} ${how}`);
    this.#process.kill();
    this.#process = undefined;
  }

  async #startUntilUp(): Promise<void> {
    let pauseMs = FIRST_RESTART_PAUSE_MS;
    while (this.#wanted && this.#service === undefined) {
      const process = new SimProcess(this.name, this.#machine);
      this.#process = process;
      const service = this.#make(process);
      void service.failed?.then((error) => this.#failed(process, error));
      const error = await Promise.race([
        service.start().then(
          () => undefined,
          (thrown: unknown) => ({ thrown }),
        ),
        process.dead.then(() => ({ thrown: 'killed' })),
        new Promise<{ thrown: string }>((resolve) => (this.#onSupplanted = () => resolve({ thrown: 'supplanted' }))),
      ]);
      if (this.#process === process && error === undefined) {
        this.#service = service;
        this.#failedStarts = 0;
        this.#trace.add(`${this.name} is up`);
      } else if (this.#process === process) {
        this.#failedStarts++;
        this.#startError = String(error?.thrown);
        this.#trace.add(`${this.name} does not start: ${this.#startError}`);
        process.kill();
        if (this.#supplanted.size === 0) this.disk.kill();
        this.#process = undefined;
      }
      if (!this.#wanted || this.#service !== undefined) return;
      await sleep(this.#machine.clock, pauseMs);
      pauseMs = Math.min(MAX_RESTART_PAUSE_MS, 2 * pauseMs);
    }
  }

  #failed(process: SimProcess, error: Error): void {
    if (this.#process !== process && !this.#supplanted.has(process)) return;
    this.#trace.add(`${this.name} gives up: ${error.message}`);
    if (this.#supplanted.has(process)) return process.kill();
    this.kill();
    void this.start();
  }
}
