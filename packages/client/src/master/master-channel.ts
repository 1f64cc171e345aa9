// Every call to the master goes through here: it finds the master that leads and repeats what failed for a while.
import { AlluviumError, fail, messageOf } from '@alluvium/base';
import type { Clock, Random } from '@alluvium/base';
import { methodsOf } from '@alluvium/net';
import type { Address, CallOptions, ClientStream, Method, Network, RpcChannel } from '@alluvium/net';
import { serviceVersion } from '@alluvium/wire';
import { throwIfAborted, unlessAborted } from '../abort.js';
import { Backoff } from '../backoff.js';
import type { RetryPolicy } from '../backoff.js';
import { nameOf } from './parse-addresses.js';

/** How long a master may take to say whether it leads. */
const POLL_TIMEOUT_MS = 5000;

const { getServiceVersion } = methodsOf(serviceVersion.ServiceVersionClientServiceDefinition);

export interface MasterChannelOptions {
  readonly addresses: readonly Address[];
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: RetryPolicy;
  readonly user: string;
  readonly impersonate?: string;
  readonly password?: string;
  /** Told of every unary request, with the normal paths it had, when it is over, however it ended. */
  readonly onOver?: (method: Method<never, unknown>, request: object) => void;
}

/**
 * Calls to the leading master. `unavailable` and `cancelled` (a server that shuts down) are repeated with the same
 * request, and so with the same operation id: the master answers from its memory what it has done already. Every other
 * kind is an answer.
 */
export class MasterChannel {
  readonly #o: MasterChannelOptions;
  readonly #closing = new AbortController();
  #leader: RpcChannel | undefined;
  #finding: Promise<RpcChannel> | undefined;

  constructor(options: MasterChannelOptions) {
    this.#o = options;
  }

  /** Resolves once a master has answered that it leads. */
  async ready(signal?: AbortSignal): Promise<void> {
    await this.#retried(signal, async (channel, options) => {
      await channel.unary(getServiceVersion, LEADER_QUESTION, options);
    });
  }

  async unary<Q, R>(method: Method<Q, R>, request: Q, signal?: AbortSignal): Promise<R> {
    try {
      return await this.#retried(signal, (channel, options) => channel.unary(method, request, options));
    } finally {
      this.#o.onOver?.(method as Method<never, unknown>, request as object);
    }
  }

  /** Begins a server-streaming call and answers it with its first message; the stream after that is not repeated. */
  async stream<Q, R>(method: Method<Q, R>, request: Q, signal?: AbortSignal): Promise<{ first: R | undefined; rest: ClientStream<Q, R> }> {
    return await this.#retried(signal, async (channel, options) => {
      const rest = channel.stream(method, options);
      // A call that is over fails the write; its own error comes from the read.
      await rest.write(request).catch(() => undefined);
      rest.end();
      return { first: await rest.read(), rest };
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(fail('cancelled', 'The client is closed'));
    const finding = await this.#finding?.catch(() => undefined);
    await Promise.all([finding?.close(), this.#leader?.close()]);
    this.#leader = undefined;
  }

  async #retried<R>(signal: AbortSignal | undefined, attempt: (channel: RpcChannel, options: CallOptions) => Promise<R>): Promise<R> {
    const { clock, random, retry } = this.#o;
    const options: CallOptions = signal === undefined ? {} : { signal };
    const backoff = new Backoff(retry, clock, random);
    for (;;) {
      this.#throwIfOver(signal);
      let channel: RpcChannel | undefined;
      try {
        channel = this.#leader ?? (await unlessAborted(this.#findLeader(), signal));
        return await attempt(channel, options);
      } catch (error) {
        this.#throwIfOver(signal);
        if (!this.#mayRepeat(error)) throw error;
        this.#lost(channel, error);
        await this.#pause(backoff, signal, error);
      }
    }
  }

  #mayRepeat(error: unknown): error is AlluviumError {
    if (!(error instanceof AlluviumError)) return false;
    // A master that has stepped down has no file system service any more.
    return error.kind === 'unavailable' || error.kind === 'cancelled' || (error.kind === 'unimplemented' && this.#o.addresses.length > 1);
  }

  async #pause(backoff: Backoff, signal: AbortSignal | undefined, error: AlluviumError): Promise<void> {
    const both = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    if (await backoff.pause(both)) return;
    if (error.kind === 'unimplemented') throw error;
    const names = this.#o.addresses.map(nameOf).join(',');
    throw fail('unavailable', `Cannot get an answer of ${names} after ${backoff.pauses + 1} attempts: ${messageOf(error)}`, error);
  }

  #throwIfOver(signal: AbortSignal | undefined): void {
    throwIfAborted(signal);
    if (this.#closing.signal.aborted) throw fail('cancelled', 'The client is closed');
  }

  /** With one master the channel connects anew by itself; with several another one may lead now. */
  #lost(channel: RpcChannel | undefined, error: AlluviumError): void {
    if (channel === undefined || channel !== this.#leader || this.#o.addresses.length === 1 || error.kind === 'cancelled') return;
    this.#leader = undefined;
    void channel.close();
  }

  #findLeader(): Promise<RpcChannel> {
    this.#finding ??= this.#poll().finally(() => {
      this.#finding = undefined;
    });
    return this.#finding;
  }

  /** The first master in order that says it leads; a single one is not asked. */
  async #poll(): Promise<RpcChannel> {
    const { addresses } = this.#o;
    let last: unknown;
    for (const address of addresses) {
      const channel = this.#connect(address);
      try {
        if (addresses.length > 1) await channel.unary(getServiceVersion, LEADER_QUESTION, { timeoutMs: POLL_TIMEOUT_MS });
        this.#leader = channel;
        return channel;
      } catch (error) {
        last = error;
        await channel.close();
      }
    }
    throw fail('unavailable', `Cannot find the leading master of ${addresses.map(nameOf).join(',')}: ${messageOf(last)}`, last);
  }

  #connect(address: Address): RpcChannel {
    const { network, user, impersonate, password } = this.#o;
    return network.connect(address, {
      user,
      ...(impersonate === undefined ? {} : { impersonate }),
      ...(password === undefined ? {} : { password }),
    });
  }
}

/** Standbys refuse it, because it does not allow them. */
const LEADER_QUESTION: serviceVersion.GetServiceVersionPRequest = {
  serviceType: serviceVersion.ServiceType.META_MASTER_CLIENT_SERVICE,
};
