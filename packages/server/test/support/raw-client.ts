import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Client, Metadata, credentials, status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import type { Method } from '@alluvium/net';
import { sasl } from '@alluvium/wire';

const same = (bytes: Buffer): Buffer => bytes;
const AUTHENTICATE = '/alluxio.grpc.sasl.SaslAuthenticationService/authenticate';
const DEADLINE_MS = 20_000;

/** How a call ended: `OK`, or the name of the status and its text. */
export interface Ending {
  readonly code: string;
  readonly text: string;
  readonly replies: readonly Buffer[];
}

/** A client that sends what it is told, well formed or not. It shares no code with the server. */
export class RawClient {
  readonly client: Client;
  readonly metadata = new Metadata();
  #handshake: ClientDuplexStream<Buffer, Buffer> | undefined;

  constructor(address: string) {
    this.client = new Client(address, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  static async open(address: string, user?: string): Promise<RawClient> {
    const self = new RawClient(address);
    await self.authenticate(user);
    return self;
  }

  async authenticate(user = process.env['USER'] ?? 'root'): Promise<void> {
    const clientId = randomUUID();
    this.#handshake = this.authenticationStream();
    this.#handshake.write(challenge(user, clientId));
    await once(this.#handshake, 'data');
    this.#handshake.on('error', () => {});
    this.metadata.set('channel-id', clientId);
  }

  authenticationStream(): ClientDuplexStream<Buffer, Buffer> {
    return this.client.makeBidiStreamRequest(AUTHENTICATE, same, same);
  }

  /** The messages of a client on the authentication stream, and how that ends. */
  handshake(...messages: readonly Buffer[]): Promise<Ending> {
    return this.#collect(this.authenticationStream(), messages);
  }

  /** Bytes as the request of any method, streaming or not: then the stream has these messages, and is half-closed. */
  call(path: string, ...requests: readonly Buffer[]): Promise<Ending> {
    return this.#collect(
      this.client.makeBidiStreamRequest(path, same, same, this.metadata, { deadline: Date.now() + DEADLINE_MS }),
      requests,
    );
  }

  /** A well-formed request; answers the decoded reply or throws the status. */
  async unary<Q, R>(method: Method<Q, R>, request: Q): Promise<R> {
    const ending = await this.send(method, request);
    if (ending.code !== 'OK') throw new Error(`${ending.code}: ${ending.text}`);
    return method.response.decode(ending.replies, 0);
  }

  send<Q, R>(method: Method<Q, R>, ...requests: readonly Q[]): Promise<Ending> {
    return this.call(method.path, ...requests.map((request) => bytesOf(method, request)));
  }

  close(): void {
    this.#handshake?.cancel();
    this.client.close();
  }

  #collect(stream: ClientDuplexStream<Buffer, Buffer>, messages: readonly Buffer[]): Promise<Ending> {
    return new Promise((resolve) => {
      const replies: Buffer[] = [];
      stream.on('data', (reply: Buffer) => replies.push(reply));
      stream.on('error', ({ code, details }: ServiceError) => resolve({ code: status[code], text: details, replies }));
      stream.on('end', () => resolve({ code: 'OK', text: '', replies }));
      for (const message of messages) stream.write(message);
      stream.end();
    });
  }
}

export function bytesOf<Q>(method: Method<Q, unknown>, request: Q): Buffer {
  const encoded = method.request.encode(request);
  return encoded instanceof Uint8Array ? Buffer.from(encoded) : Buffer.concat(encoded);
}

export function challenge(user: string, clientId: string): Buffer {
  return Buffer.from(
    sasl.SaslMessage.encode({
      messageType: sasl.SaslMessageType.CHALLENGE,
      authenticationScheme: sasl.ChannelAuthenticationScheme.SIMPLE,
      message: Buffer.from(`\0${user}\0noPassword`),
      clientId,
    }).finish(),
  );
}
