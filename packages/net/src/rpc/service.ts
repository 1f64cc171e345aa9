import type { Method } from './method.js';
import type { AtOnceHandler, StreamHandler, UnaryHandler } from './call.js';

interface UnaryEntry {
  readonly kind: 'unary';
  readonly method: Method<unknown, unknown>;
  readonly handler: UnaryHandler<unknown, unknown>;
}

interface StreamEntry {
  readonly kind: 'stream';
  readonly method: Method<unknown, unknown>;
  readonly handler: StreamHandler<unknown, unknown>;
  readonly atOnce: AtOnceHandler<unknown, unknown> | undefined;
}

export type ServiceEntry = UnaryEntry | StreamEntry;

/** Whether calls of a service need an authenticated channel. */
export type Authentication = 'required' | 'none';

/**
 * The methods that a server answers, by path; independent of the transport. A method of a known service without a
 * handler, and any other path, is answered UNIMPLEMENTED by the transport.
 */
export class ServiceTable {
  readonly #entries = new Map<string, ServiceEntry>();
  readonly #authentication = new Map<string, Authentication>();

  /** Declares a service, with or without handlers. Undeclared services are UNIMPLEMENTED before authentication. */
  declare(fullName: string, authentication: Authentication = 'required'): this {
    this.#authentication.set(fullName, authentication);
    return this;
  }

  unary<Q, R>(method: Method<Q, R>, handler: UnaryHandler<Q, R>): this {
    return this.#add({ kind: 'unary', method: method as Method<unknown, unknown>, handler: handler as UnaryHandler<unknown, unknown> });
  }

  stream<Q, R>(method: Method<Q, R>, handler: StreamHandler<Q, R>, atOnce?: AtOnceHandler<Q, R>): this {
    return this.#add({
      kind: 'stream',
      method: method as Method<unknown, unknown>,
      handler: handler as StreamHandler<unknown, unknown>,
      atOnce: atOnce as AtOnceHandler<unknown, unknown> | undefined,
    });
  }

  find(path: string): ServiceEntry | undefined {
    return this.#entries.get(path);
  }

  /** Undefined for a service that this server does not have. */
  authenticationOf(fullName: string): Authentication | undefined {
    return this.#authentication.get(fullName);
  }

  /** Full names of the declared services. */
  services(): string[] {
    return [...this.#authentication.keys()];
  }

  #add(entry: ServiceEntry): this {
    if (this.#entries.has(entry.method.path)) throw new Error(`Two handlers for ${entry.method.path}`);
    this.#entries.set(entry.method.path, entry);
    if (!this.#authentication.has(entry.method.service)) this.declare(entry.method.service);
    return this;
  }
}
