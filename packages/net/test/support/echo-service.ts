import { fail } from '@alluvium/base';
import { ServiceTable, grpcNetwork, simpleAuthenticator } from '@alluvium/net';
import type { Authenticator, Codec, GrpcNetworkOptions, Method, Network, RpcServer } from '@alluvium/net';
import { nodeClock, nodeRandom } from '@alluvium/platform';

/** Messages are plain bytes; the text `malformed` cannot be decoded. */
export const bytesCodec: Codec<Buffer> = {
  encode: (message) => message,
  decode(parts) {
    const message = parts.length === 1 ? Buffer.from(parts[0]!) : Buffer.concat(parts);
    if (message.toString() === 'malformed') throw new RangeError('not a message');
    return message;
  },
};

function method(name: string, requestStream: boolean, responseStream: boolean, service = 'test.Echo'): Method<Buffer, Buffer> {
  return { path: `/${service}/${name}`, service, requestStream, responseStream, request: bytesCodec, response: bytesCodec };
}

export const echo = {
  unary: method('unary', false, false),
  later: method('later', false, false),
  failing: method('failing', false, false),
  whoami: method('whoami', false, false),
  header: method('header', false, false),
  hanging: method('hanging', false, false),
  count: method('count', false, true),
  collect: method('collect', true, false),
  chat: method('chat', true, true),
  stuck: method('stuck', true, true),
  missing: method('missing', false, false),
  open: method('open', false, false, 'test.Open'),
  openCount: method('count', false, true, 'test.Open'),
  openStuck: method('stuck', true, true, 'test.Open'),
  openCollect: method('collect', true, false, 'test.Open'),
  elsewhere: method('elsewhere', false, false, 'test.Elsewhere'),
};

export interface EchoEvents {
  /** Of calls whose signal was aborted. */
  readonly aborted: string[];
  onAborted?: (path: string) => void;
  onStuck?: () => void;
  /** Messages that `count` was let write. */
  written?: number;
}

export function echoTable(events: EchoEvents = { aborted: [] }): ServiceTable {
  const table = new ServiceTable();
  table.declare('test.Open', 'none');
  table.unary(echo.unary, (request) => request);
  table.unary(echo.open, (request) => request);
  table.unary(echo.later, async (request) => {
    await new Promise(setImmediate);
    return request;
  });
  table.unary(echo.failing, (request) => {
    const [kind, message] = request.toString().split('|');
    if (kind === 'defect') throw new TypeError(message);
    throw fail(kind as 'notFound', message ?? '');
  });
  table.unary(echo.whoami, (_request, call) => Buffer.from(`${call.caller.user} via ${call.caller.connectionUser}`));
  table.unary(echo.header, (request, call) => Buffer.from(call.header(request.toString()) ?? 'none'));
  const hang = (path: string, signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        events.aborted.push(path);
        events.onAborted?.(path);
        reject(signal.reason as Error);
      });
    });
  table.unary(echo.hanging, (_request, call) => hang(call.path, call.signal));
  for (const count of [echo.count, echo.openCount])
    table.stream(count, async (stream) => {
      const request = (await stream.read())!;
      const [many, size] = request.toString().split(' ').map(Number) as [number, number];
      for (let i = 0; i < many; i++) {
        await stream.write(Buffer.alloc(size, i & 255));
        events.written = i + 1;
      }
    });
  for (const collect of [echo.collect, echo.openCollect])
    table.stream(collect, async (stream) => {
      let bytes = 0;
      for (let message = await stream.read(); message !== undefined; message = await stream.read()) bytes += message.length;
      await stream.write(Buffer.from(String(bytes)));
    });
  table.stream(echo.chat, async (stream) => {
    for (let message = await stream.read(); message !== undefined; message = await stream.read()) await stream.write(message);
  });
  for (const stuck of [echo.stuck, echo.openStuck])
    table.stream(stuck, async (stream) => {
      events.onStuck?.();
      await hang(stream.path, stream.signal);
    });
  return table;
}

export function network(options: Partial<GrpcNetworkOptions> = {}): Network {
  return grpcNetwork({ clock: nodeClock, random: nodeRandom, ...options });
}

export async function serveEcho(
  options: {
    table?: ServiceTable;
    authenticator?: Authenticator;
    network?: Partial<GrpcNetworkOptions>;
    maxInboundMessageBytes?: number;
    port?: number;
  } = {},
): Promise<RpcServer> {
  return network(options.network).serve({ host: '127.0.0.1', port: options.port ?? 0 }, options.table ?? echoTable(), {
    authenticator: options.authenticator ?? simpleAuthenticator(),
    maxInboundMessageBytes: options.maxInboundMessageBytes ?? 4 * 2 ** 20,
  });
}
