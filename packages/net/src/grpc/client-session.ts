import { encodeHeaders } from '../hpack/encoder.js';
import type { CallOptions } from '../rpc/call.js';
import type { Address } from '../rpc/network.js';
import type { ClientTransport } from './client-transport.js';
import { formatTimeout } from './timeout.js';

/** Header blocks kept, one for each method that is called. */
const MOST_BLOCKS = 256;

/** What calls are made with: a connection, and the channel id that the server knows the user by. */
export class ClientSession {
  readonly transport: ClientTransport;
  readonly channelId: string | undefined;
  /** Cleared when the server forgets the channel id. */
  authenticated = true;
  readonly #authority: string;
  readonly #blocks = new Map<string, Buffer>();

  constructor(transport: ClientTransport, address: Address, channelId: string | undefined) {
    this.transport = transport;
    this.channelId = channelId;
    this.#authority = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  }

  get usable(): boolean {
    return this.authenticated && this.transport.usable;
  }

  /** Whether a call can begin now. */
  get hasSlot(): boolean {
    return this.usable && this.transport.freeSlots > 0;
  }

  requestBlock(path: string, options: CallOptions): Buffer {
    const block = this.#blocks.get(path) ?? this.#encode(path);
    if (options.timeoutMs === undefined && options.headers === undefined) return block;
    const further = options.timeoutMs === undefined ? [] : ['grpc-timeout', formatTimeout(options.timeoutMs)];
    for (const [name, value] of Object.entries(options.headers ?? {})) further.push(name.toLowerCase(), value);
    return Buffer.concat([block, encodeHeaders(further)]);
  }

  #encode(path: string): Buffer {
    const fields = [
      ':method',
      'POST',
      ':scheme',
      'http',
      ':path',
      path,
      ':authority',
      this.#authority,
      'content-type',
      'application/grpc',
      'te',
      'trailers',
    ];
    if (this.channelId !== undefined) fields.push('channel-id', this.channelId);
    const block = encodeHeaders(fields);
    if (this.#blocks.size >= MOST_BLOCKS) this.#blocks.clear();
    this.#blocks.set(path, block);
    return block;
  }
}
