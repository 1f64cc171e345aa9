import { fail, type Clock, type Random } from '@alluvium/base';
import type {
  Address,
  Caller,
  CallOptions,
  ClientStream,
  ConnectOptions,
  Method,
  Network,
  RpcChannel,
  RpcServer,
  ServeOptions,
  ServiceTable,
} from '@alluvium/net';
import { MemoryCall } from './memory-call.js';
import { Pause } from './pause.js';
import type { SimTrace } from './sim-trace.js';

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Draws latencies, losses and the places where received messages are cut. */
  readonly random: Random;
  /** Longest time that a message is under way; 0 delivers in the same turn. */
  readonly maxLatencyMs?: number;
  readonly trace?: SimTrace;
}

/** A process at the network; one that is started again is another, of the same name. */
interface Party {
  readonly name: string;
  readonly pause: Pause;
}

interface Listener {
  readonly owner: Party;
  readonly table: ServiceTable;
  readonly options: ServeOptions;
  address: Address;
  readonly calls: Set<MemoryCall>;
}

/** The network as one process sees it, until it dies. */
export interface ProcessNetwork extends Network {
  /** The process is gone: what it served is cut, and nothing that it still does reaches anybody. */
  kill(): void;
  /** Calls of this process that a living server still works on, whatever the caller believes. */
  unfinished(): number;
  /** What it serves is no longer found at its address, where another may be put, but at the one given; its connections are cut. */
  stepAside(to: Address): void;
}

const FIRST_FREE_PORT = 40_000;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '0.0.0.0']);
const NOBODY: Party = { name: '', pause: new Pause() };
/** How long a connection that has gone silent is believed in: keep-alive's time. */
const MAX_SILENCE_MS = 10_000;
const MAX_LIFE_OF_A_DOOMED_CALL_MS = 50;

/**
 * A network inside one process: messages are encoded and decoded as on the wire, arrive in order within a call, late by
 * chance, and are lost with the connection. Runs on promises and the clock alone, so a seed replays it.
 */
export class MemoryNetwork implements Network {
  readonly #o: MemoryNetworkOptions;
  readonly #listeners = new Map<string, Listener>();
  /** Keys of addresses that cannot be reached. */
  readonly #unreachable = new Set<string>();
  /** Pairs of processes that do not hear each other. */
  readonly #parted = new Set<string>();
  readonly #open = new Set<MemoryCall>();
  /** Handlers at work: who called, and who serves. */
  readonly #serving = new Set<{ readonly from: string; readonly owner: Party }>();
  readonly #callers = new WeakMap<MemoryCall, Party>();
  #nextPort = FIRST_FREE_PORT;
  #maxLatencyMs: number;
  /** The share of calls whose connection breaks soon after they began. */
  breakShare = 0;

  constructor(options: MemoryNetworkOptions) {
    this.#o = options;
    this.#maxLatencyMs = options.maxLatencyMs ?? 0;
  }

  set maxLatencyMs(ms: number) {
    this.#maxLatencyMs = ms;
  }

  async serve(address: Address, table: ServiceTable, options: ServeOptions): Promise<RpcServer> {
    return this.#serve(NOBODY, address, table, options);
  }

  connect(address: Address, options: ConnectOptions): RpcChannel {
    return this.#connect(NOBODY, () => true, address, options);
  }

  /** The network of the process `name`; a process that is started again gets a new one. */
  of(name: string, pause = new Pause()): ProcessNetwork {
    const self: Party = { name, pause };
    let alive = true;
    return {
      serve: async (address, table, options) => {
        if (!alive) return new Promise(() => {});
        return this.#serve(self, address, table, options);
      },
      connect: (address, options) => this.#connect(self, () => alive, address, options),
      kill: () => {
        alive = false;
        this.#bury(self);
      },
      unfinished: () => [...this.#serving].filter(({ from }) => from === name).length,
      stepAside: (to) => this.#moveAside(self, to),
    };
  }

  /** Breaks the connections to an address and refuses new ones until `heal`. */
  cut(address: Address): void {
    const key = keyOf(address);
    this.#unreachable.add(key);
    const listener = this.#listeners.get(key);
    if (listener !== undefined) breakAll(listener.calls);
  }

  heal(address: Address): void {
    this.#unreachable.delete(keyOf(address));
  }

  /** Two processes hear nothing of each other until `join`: what is under way goes silent, and breaks some time later. */
  part(a: string, b: string): void {
    this.#parted.add(pairOf(a, b));
    for (const call of [...this.#open]) {
      if (pairOf(call.from, call.to) !== pairOf(a, b)) continue;
      call.silence();
      this.#o.clock.schedule(this.#o.random.next() * MAX_SILENCE_MS, () => call.break(broken()));
    }
  }

  join(a: string, b: string): void {
    this.#parted.delete(pairOf(a, b));
  }

  /** Breaks the connections to an address once; new ones are accepted. */
  reset(address: Address): void {
    const listener = this.#listeners.get(keyOf(address));
    if (listener !== undefined) breakAll(listener.calls);
  }

  #serve(owner: Party, address: Address, table: ServiceTable, options: ServeOptions): RpcServer {
    const bound = { host: address.host, port: address.port === 0 ? this.#nextPort++ : address.port };
    const key = keyOf(bound);
    if (this.#listeners.has(key)) throw fail('unavailable', `Cannot listen on ${key}: the address is in use`);
    const listener: Listener = { owner, table, options, address: bound, calls: new Set() };
    this.#listeners.set(key, listener);
    return {
      address: bound,
      stop: async () => {
        const at = keyOf(listener.address);
        if (this.#listeners.get(at) === listener) this.#listeners.delete(at);
        breakAll(listener.calls);
      },
    };
  }

  #connect(from: Party, alive: () => boolean, address: Address, options: ConnectOptions): RpcChannel {
    const open = new Set<MemoryCall>();
    let closed = false;
    const start = (method: Method<unknown, unknown>, call: CallOptions): MemoryCall => {
      const made = this.#call({ from, alive: alive(), address, connect: options, method, options: call, open });
      if (closed) made.break(fail('cancelled', 'The channel is closed'));
      return made;
    };
    return {
      address,
      unary: <Q, R>(method: Method<Q, R>, request: Q, call: CallOptions = {}) =>
        unary<R>(start(method as Method<unknown, unknown>, call), request),
      stream: <Q, R>(method: Method<Q, R>, call: CallOptions = {}) =>
        start(method as Method<unknown, unknown>, call) as ClientStream<unknown, unknown> as ClientStream<Q, R>,
      close: async () => {
        closed = true;
        for (const call of [...open]) call.break(fail('cancelled', 'The channel is closed'));
      },
    };
  }

  #bury(party: Party): void {
    for (const [key, listener] of this.#listeners) {
      if (listener.owner !== party) continue;
      this.#listeners.delete(key);
      breakAll(listener.calls);
    }
    for (const call of [...this.#open]) if (this.#callers.get(call) === party) call.break(broken());
    for (const at of [...this.#serving]) if (at.owner === party) this.#serving.delete(at);
  }

  #moveAside(party: Party, to: Address): void {
    for (const [key, listener] of [...this.#listeners]) {
      if (listener.owner !== party) continue;
      this.#listeners.delete(key);
      listener.address = to;
      this.#listeners.set(keyOf(to), listener);
      breakAll(listener.calls);
    }
    // Nobody waits for what it still does for those that it can no longer answer.
    for (const at of [...this.#serving]) if (at.owner === party) this.#serving.delete(at);
  }

  #call(start: {
    readonly from: Party;
    readonly alive: boolean;
    readonly address: Address;
    readonly connect: ConnectOptions;
    readonly method: Method<unknown, unknown>;
    readonly options: CallOptions;
    readonly open: Set<MemoryCall>;
  }): MemoryCall {
    const { from, alive, address, connect, method, options, open } = start;
    const { clock, random, trace } = this.#o;
    const key = keyOf(address);
    const listener = this.#unreachable.has(key) ? undefined : this.#listeners.get(key);
    const call: MemoryCall = new MemoryCall({
      clock,
      method,
      call: options,
      from: from.name,
      to: (listener?.owner ?? NOBODY).name,
      clientPause: from.pause,
      serverPause: (listener?.owner ?? NOBODY).pause,
      lane: () => this.#lane(),
      split: (message) => this.#split(message),
      onOver: (over, error) => {
        this.#open.delete(over);
        open.delete(over);
        listener?.calls.delete(over);
        trace?.add(`${from.name} -> ${over.to} ${method.path} ${error?.kind ?? 'ok'}`);
      },
    });
    if (call.isOver) return call;
    if (!alive) {
      call.silence();
      return call;
    }
    if (listener === undefined) {
      call.break(fail('unavailable', `Cannot connect to ${key}: connection refused`));
      return call;
    }
    this.#open.add(call);
    this.#callers.set(call, from);
    open.add(call);
    listener.calls.add(call);
    if (this.#parted.has(pairOf(from.name, listener.owner.name))) {
      call.silence();
      clock.schedule(random.next() * MAX_SILENCE_MS, () => call.break(fail('unavailable', `Cannot connect to ${key}: no answer`)));
      return call;
    }
    const entry = listener.table.find(method.path);
    if (entry === undefined) {
      call.break(fail('unimplemented', `Method not found: ${method.path.slice(1)}`));
      return call;
    }
    if (this.breakShare > 0 && random.next() < this.breakShare)
      clock.schedule(random.next() * MAX_LIFE_OF_A_DOOMED_CALL_MS, () => call.break(broken()));
    const at = { from: from.name, owner: listener.owner };
    this.#serving.add(at);
    listener.owner.pause.run(() => {
      void call.serve(entry, () => authenticate(listener, method, connect), 'memory:0').finally(() => this.#serving.delete(at));
    });
    return call;
  }

  /** A lane keeps the order of its messages however late each is. */
  #lane(): (arrive: () => void) => void {
    const { clock, random } = this.#o;
    if (this.#maxLatencyMs === 0) return (arrive) => arrive();
    let lastMs = 0;
    return (arrive) => {
      const nowMs = clock.monotonicMs();
      lastMs = Math.max(lastMs, nowMs + random.next() * this.#maxLatencyMs);
      clock.schedule(lastMs - nowMs, arrive);
    };
  }

  #split(message: Buffer): readonly Uint8Array[] {
    if (message.length < 2 || this.#o.random.next() < 0.5) return [message];
    const at = 1 + Math.floor(this.#o.random.next() * (message.length - 1));
    return [message.subarray(0, at), message.subarray(at)];
  }
}

async function unary<R>(call: MemoryCall, request: unknown): Promise<R> {
  await call.write(request).catch(() => undefined);
  call.end();
  const answer = await call.read();
  if (answer === undefined) throw fail('internal', 'The call ended without an answer');
  await call.read();
  return answer as R;
}

async function authenticate(
  listener: Listener,
  method: Method<unknown, unknown>,
  { user, impersonate, password }: ConnectOptions,
): Promise<Caller> {
  const { authenticator } = listener.options;
  if (authenticator.scheme === 'NOSASL' || (user === undefined && listener.table.authenticationOf(method.service) === 'none'))
    return { user: '', connectionUser: '' };
  if (user === undefined) throw fail('unauthenticated', 'Cannot call: the channel is not authenticated');
  return authenticator.authenticate({ authorizationId: impersonate ?? '', authenticationId: user, password: password ?? '' });
}

function breakAll(calls: ReadonlySet<MemoryCall>): void {
  for (const call of [...calls]) call.break(broken());
}

function broken(): ReturnType<typeof fail> {
  return fail('unavailable', 'The connection broke');
}

function pairOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

function keyOf({ host, port }: Address): string {
  return `${LOOPBACK.has(host) ? 'loopback' : host}:${port}`;
}
