import { AlluviumError, fail, messageOf, randomUuid } from '@alluvium/base';
import type { Random } from '@alluvium/base';
import { sasl } from '@alluvium/wire';
import { dial, nameOf } from '../http2/node-socket.js';
import type { CallOptions, ClientStream } from '../rpc/call.js';
import type { Method } from '../rpc/method.js';
import type { Address, ConnectOptions, RpcChannel } from '../rpc/network.js';
import { AUTHENTICATE } from '../sasl/authenticate.js';
import { encodePlain } from '../sasl/plain.js';
import { ClientSession } from './client-session.js';
import { ClientTransport } from './client-transport.js';
import type { GrpcDependencies } from './server.js';
import { StreamClientCall } from './stream-client-call.js';
import { UnaryClientCall } from './unary-client-call.js';
import { within } from './within.js';

/** `alluxio.network.connection.auth.timeout`. */
const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_INBOUND_BYTES = 100 * 2 ** 20;
const GOODBYE_MS = 1000;

export interface ChannelDependencies extends GrpcDependencies {
  readonly random: Random;
}

type Handshake = StreamClientCall<sasl.SaslMessage, sasl.SaslMessage>;

/** Calls to one server: connects and authenticates when the first call is made, and again after a loss. */
export class GrpcChannel implements RpcChannel {
  readonly address: Address;
  readonly #options: ConnectOptions;
  readonly #dependencies: ChannelDependencies;
  readonly #connectTimeoutMs: number;
  readonly #maxInboundBytes: number;
  #transport: ClientTransport | undefined;
  #session: ClientSession | undefined;
  #connecting: Promise<ClientSession> | undefined;
  #handshake: { readonly call: Handshake; readonly ended: Promise<void> } | undefined;
  #closed = false;

  constructor(address: Address, options: ConnectOptions, dependencies: ChannelDependencies) {
    this.address = address;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    this.#maxInboundBytes = options.maxInboundMessageBytes ?? DEFAULT_MAX_INBOUND_BYTES;
  }

  async unary<Q, R>(method: Method<Q, R>, request: Q, options: CallOptions = {}): Promise<R> {
    const encoded = method.request.encode(request);
    const { clock } = this.#dependencies;
    const startedAtMs = options.timeoutMs === undefined ? 0 : clock.monotonicMs();
    let left = options;
    for (let attempt = 0; ; attempt++) {
      let session = this.#ready;
      // What is free may be taken again before this function goes on.
      while (session?.hasSlot !== true) {
        session = await this.#sessionFor(left);
        if (options.timeoutMs !== undefined)
          left = { ...options, timeoutMs: Math.max(0, startedAtMs + options.timeoutMs - clock.monotonicMs()) };
      }
      if (options.signal?.aborted === true) throw fail('cancelled', 'Call cancelled', options.signal.reason);
      const call = new UnaryClientCall(method, left, clock, this.#maxInboundBytes);
      call.begin(session, encoded, left);
      try {
        return await call.result;
      } catch (error) {
        // Once more where the server did nothing: it was leaving, or it has forgotten who we are.
        const forgotten = error instanceof AlluviumError && error.kind === 'unauthenticated' && session.channelId !== undefined;
        if (attempt > 0 || this.#closed || !(call.refused || forgotten)) throw error;
        if (forgotten) session.authenticated = false;
      }
    }
  }

  stream<Q, R>(method: Method<Q, R>, options: CallOptions = {}): ClientStream<Q, R> {
    const call = new StreamClientCall(method, options, this.#dependencies.clock, this.#maxInboundBytes);
    const session = this.#ready;
    if (options.signal?.aborted === true) call.abandon(fail('cancelled', 'Call cancelled', options.signal.reason));
    else if (session !== undefined) call.begin(session);
    else void this.#beginLater(call);
    return call;
  }

  async #beginLater<Q, R>(call: StreamClientCall<Q, R>): Promise<void> {
    try {
      let session = this.#ready;
      while (session?.hasSlot !== true) session = await this.#sessionFor({});
      call.begin(session);
    } catch (error) {
      call.abandon(error as AlluviumError);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const handshake = this.#handshake;
    if (handshake !== undefined && this.#transport?.usable === true) {
      handshake.call.end();
      await within(handshake.ended, this.#dependencies.clock, GOODBYE_MS).catch(() => undefined);
    }
    this.#transport?.http2.close('channel closed');
    await this.#connecting?.catch(() => undefined);
  }

  /** A session on which a call can begin at once. */
  get #ready(): ClientSession | undefined {
    const session = this.#session;
    return session?.hasSlot === true ? session : undefined;
  }

  async #sessionFor(options: CallOptions): Promise<ClientSession> {
    return await within(this.#openSession(), this.#dependencies.clock, options.timeoutMs, options.signal);
  }

  async #openSession(): Promise<ClientSession> {
    for (;;) {
      if (this.#closed) throw fail('unavailable', `Channel to ${this.#name} is closed`);
      const session = this.#session;
      if (session === undefined || !session.usable) {
        this.#connecting ??= this.#connect().finally(() => {
          this.#connecting = undefined;
        });
        const opened = await this.#connecting;
        if (opened.hasSlot) return opened;
        if (!opened.usable) throw fail('unavailable', `Connection to ${this.#name} lost`);
      } else if (session.hasSlot) {
        return session;
      } else {
        const slot = session.transport.slot();
        if (slot === undefined) throw fail('resourceExhausted', `Too many calls wait for ${this.#name}`);
        await slot;
      }
    }
  }

  get #name(): string {
    return nameOf(this.address);
  }

  async #connect(): Promise<ClientSession> {
    const transport = this.#transport?.usable === true ? this.#transport : await this.#dial();
    const channelId = this.#options.user === undefined ? undefined : randomUuid(this.#dependencies.random);
    const session = new ClientSession(transport, this.address, channelId);
    if (channelId !== undefined) await this.#authenticate(session, channelId);
    if (this.#closed) {
      transport.http2.close('channel closed');
      throw fail('unavailable', `Channel to ${this.#name} is closed`);
    }
    this.#session = session;
    return session;
  }

  async #dial(): Promise<ClientTransport> {
    try {
      const io = await dial(this.address, this.#connectTimeoutMs);
      const transport = new ClientTransport(io, this.#dependencies, () => {
        if (this.#transport === transport) this.#transport = undefined;
      });
      this.#transport = transport;
      return transport;
    } catch (error) {
      throw fail('unavailable', `Cannot connect to ${this.#name}: ${messageOf(error)}`, error);
    }
  }

  /** The server keeps the id for as long as this stream is open. */
  async #authenticate(session: ClientSession, channelId: string): Promise<void> {
    const { clock } = this.#dependencies;
    const { user = '', impersonate = '', password = 'noPassword' } = this.#options;
    const handshake: Handshake = new StreamClientCall(AUTHENTICATE, {}, clock, this.#maxInboundBytes);
    handshake.begin(new ClientSession(session.transport, this.address, undefined));
    void handshake.write({
      messageType: sasl.SaslMessageType.CHALLENGE,
      authenticationScheme: sasl.ChannelAuthenticationScheme.SIMPLE,
      message: encodePlain({ authorizationId: impersonate, authenticationId: user, password }),
      clientId: channelId,
      channelRef: 'alluvium',
    });
    let answer: sasl.SaslMessage | undefined;
    try {
      answer = await within(handshake.read(), clock, this.#connectTimeoutMs);
    } catch (error) {
      handshake.cancel();
      if (error instanceof AlluviumError && error.kind === 'unimplemented')
        throw fail('unauthenticated', `Authentication is disabled on ${this.#name}`);
      if (error instanceof AlluviumError && error.kind === 'deadlineExceeded')
        throw fail('unavailable', `Cannot authenticate to ${this.#name}: no answer within ${this.#connectTimeoutMs} ms`);
      throw error;
    }
    if (answer?.messageType !== sasl.SaslMessageType.SUCCESS) {
      handshake.cancel();
      throw fail('unauthenticated', `Cannot authenticate to ${this.#name}: the server ended the handshake`);
    }
    const forgotten = (): void => {
      session.authenticated = false;
    };
    this.#handshake = { call: handshake, ended: handshake.read().then(forgotten, forgotten) };
  }
}
