import { once } from 'node:events';
import { Client, Metadata, Server, ServerCredentials, credentials, status } from '@grpc/grpc-js';
import type {
  CallOptions,
  ClientDuplexStream,
  ClientReadableStream,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceError,
  UntypedServiceImplementation,
  sendUnaryData,
} from '@grpc/grpc-js';
import type { Method, RpcServer } from '@alluvium/net';
import { sasl } from '@alluvium/wire';
import { randomUUID } from 'node:crypto';
import { echo } from './echo-service.js';

type Bytes = Method<Buffer, Buffer>;
const same = (bytes: Buffer): Buffer => bytes;

/** A client of @grpc/grpc-js that has done Alluxio's handshake as `alice`. */
export class GrpcJsClient {
  readonly client: Client;
  readonly metadata = new Metadata();
  readonly #handshake: ClientDuplexStream<sasl.SaslMessage, sasl.SaslMessage>;

  private constructor(server: RpcServer) {
    this.client = new Client(`127.0.0.1:${server.address.port}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
    });
    this.#handshake = this.client.makeBidiStreamRequest(
      '/alluxio.grpc.sasl.SaslAuthenticationService/authenticate',
      (message: sasl.SaslMessage) => Buffer.from(sasl.SaslMessage.encode(message).finish()),
      (bytes: Buffer) => sasl.SaslMessage.decode(bytes),
    );
  }

  static async open(server: RpcServer): Promise<GrpcJsClient> {
    const self = new GrpcJsClient(server);
    const clientId = randomUUID();
    self.#handshake.write({
      messageType: sasl.SaslMessageType.CHALLENGE,
      authenticationScheme: sasl.ChannelAuthenticationScheme.SIMPLE,
      message: Buffer.from('\0alice\0noPassword'),
      clientId,
    });
    await once(self.#handshake, 'data');
    self.metadata.set('channel-id', clientId);
    return self;
  }

  unary(method: Bytes, request: Buffer, options: CallOptions = {}, metadata = this.metadata): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(method.path, same, same, request, metadata, options, (error, reply) =>
        error === null ? resolve(reply!) : reject(error),
      );
    });
  }

  /** The metadata of the answer, and of its trailers. */
  unaryWithMetadata(method: Bytes, request: Buffer, metadata: Metadata): Promise<{ reply: Buffer; trailers: Metadata }> {
    return new Promise((resolve, reject) => {
      let reply: Buffer;
      const call = this.client.makeUnaryRequest(method.path, same, same, request, metadata, {}, (error, bytes) =>
        error === null ? (reply = bytes!) : reject(error),
      );
      call.on('status', ({ metadata: trailers }) => resolve({ reply, trailers }));
    });
  }

  serverStream(method: Bytes, request: Buffer, options: CallOptions = {}): ClientReadableStream<Buffer> {
    return this.client.makeServerStreamRequest(method.path, same, same, request, this.metadata, options);
  }

  bidi(method: Bytes, options: CallOptions = {}): ClientDuplexStream<Buffer, Buffer> {
    return this.client.makeBidiStreamRequest(method.path, same, same, this.metadata, options);
  }

  async close(): Promise<void> {
    this.#handshake.end();
    await once(this.#handshake, 'status');
    this.client.close();
  }
}

/** The error that a stream of grpc-js ends with. */
export async function errorOf(stream: ClientReadableStream<Buffer>): Promise<ServiceError> {
  stream.resume();
  const [error] = (await once(stream, 'error')) as [ServiceError];
  return error;
}

export interface GrpcJsServer {
  readonly address: { host: string; port: number };
  /** Messages that `count` was let write. */
  readonly progress: { written: number };
  /** Paths of calls that their client cancelled. */
  readonly cancelled: Promise<string>;
  stop(): void;
}

/** The echo service, as far as our client is concerned, on a server of @grpc/grpc-js. */
export async function serveGrpcJs(): Promise<GrpcJsServer> {
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  const progress = { written: 0 };
  let onCancelled!: (path: string) => void;
  const cancelled = new Promise<string>((resolve) => {
    onCancelled = resolve;
  });
  const definition = Object.fromEntries(
    Object.entries(echo)
      .filter(([, method]) => method.service === 'test.Echo' && method !== echo.missing)
      .map(([name, method]) => [
        name,
        {
          path: method.path,
          requestStream: method.requestStream,
          responseStream: method.responseStream,
          requestSerialize: same,
          requestDeserialize: same,
          responseSerialize: same,
          responseDeserialize: same,
        },
      ]),
  );
  const handlers: UntypedServiceImplementation = {
    unary: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => reply(null, call.request),
    header: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) =>
      reply(null, Buffer.from(call.metadata.get(call.request.toString()).join() || 'none')),
    failing: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
      const [code, details] = call.request.toString().split('|');
      reply({ code: Number(code), details: details ?? '' });
    },
    hanging: (call: ServerUnaryCall<Buffer, Buffer>) => call.on('cancelled', () => onCancelled(call.getPath())),
    count: (call: ServerWritableStream<Buffer, Buffer>) => {
      const [count, size] = call.request.toString().split(' ').map(Number) as [number, number];
      let i = 0;
      const more = (): void => {
        while (i < count) {
          progress.written = i + 1;
          if (!call.write(Buffer.alloc(size, i++ & 255))) return void call.once('drain', more);
        }
        call.end();
      };
      more();
    },
    chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (message: Buffer) => call.write(message));
      call.on('end', () => call.end());
    },
    stuck: (call: ServerDuplexStream<Buffer, Buffer>) => call.on('cancelled', () => onCancelled(call.getPath())),
  };
  server.addService(definition, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: { host: '127.0.0.1', port }, progress, cancelled, stop: () => server.forceShutdown() };
}

export { status };
