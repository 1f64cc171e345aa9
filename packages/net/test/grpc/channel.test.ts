import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { noAuthenticator } from '@alluvium/net';
import type { RpcServer } from '@alluvium/net';
import { encodeHeaders } from '@alluvium/net/hpack/encoder.js';
import { echo, network, serveEcho } from '../support/echo-service.js';
import { HandClock } from '../support/hand-clock.js';
import { Flag, FrameType, RawPeer, message, uint32 } from '../support/raw-peer.js';

const PREFACE_BYTES = 24;
const OK = encodeHeaders(['grpc-status', '0']);
const REFUSED_STREAM = 7;

/** A server that does what a test says with each connection. */
class ScriptedServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(script: (peer: RawPeer, connection: number) => void): Promise<ScriptedServer> {
    let connections = 0;
    const server = createServer((socket) => {
      self.#sockets.add(socket);
      script(new RawPeer(socket, PREFACE_BYTES), connections++);
    });
    const self = new ScriptedServer(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return self;
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function answer(peer: RawPeer, streamId: number, text: string): void {
  peer.headers(streamId, [':status', '200', 'content-type', 'application/grpc']);
  peer.send(FrameType.data, 0, streamId, message(Buffer.from(text)));
  peer.send(FrameType.headers, Flag.endHeaders | Flag.endStream, streamId, OK);
}

/** The next call on a connection, whole. */
async function call(peer: RawPeer): Promise<number> {
  const frame = await peer.next(
    'request',
    (f) => (f.type === FrameType.data || f.type === FrameType.headers) && (f.flags & Flag.endStream) !== 0,
  );
  return frame.streamId;
}

function goaway(peer: RawPeer, lastStreamId: number, code = 0): void {
  peer.send(FrameType.goaway, 0, 0, Buffer.concat([uint32(lastStreamId), uint32(code)]));
}

let scripted: ScriptedServer | undefined;
let server: RpcServer | undefined;
afterEach(async () => {
  scripted?.stop();
  await server?.stop(0);
  scripted = server = undefined;
});

describe('a channel', () => {
  it('makes more calls than the server allows at a time, one after the other', async () => {
    server = await serveEcho({ network: { limits: { concurrentStreams: 3 } } });
    const channel = network().connect(server.address, { user: 'alice' });
    await channel.unary(echo.unary, Buffer.alloc(0));
    const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => channel.unary(echo.later, Buffer.from(String(i)))));
    assert.deepEqual(
      replies.map(String),
      Array.from({ length: 100 }, (_, i) => String(i)),
    );
    await channel.close();
  });

  it('lets a waiting call give up', async () => {
    server = await serveEcho({ authenticator: noAuthenticator, network: { limits: { concurrentStreams: 1 } } });
    const channel = network().connect(server.address, {});
    await channel.unary(echo.unary, Buffer.alloc(0));
    const hanging = channel.unary(echo.hanging, Buffer.alloc(0), { timeoutMs: 60_000 });
    await assert.rejects(channel.unary(echo.unary, Buffer.alloc(0), { timeoutMs: 20 }), { kind: 'deadlineExceeded' });
    const controller = new AbortController();
    const waiting = channel.unary(echo.unary, Buffer.alloc(0), { signal: controller.signal });
    controller.abort();
    await assert.rejects(waiting, { kind: 'cancelled' });
    const lost = assert.rejects(hanging, { kind: 'unavailable' });
    await channel.close();
    await lost;
  });

  it('makes a call again that the server refused, on the same connection or on another', async () => {
    scripted = await ScriptedServer.start((peer, connection) => {
      void (async () => {
        peer.settings([]);
        if (connection === 0) {
          peer.send(FrameType.rstStream, 0, await call(peer), uint32(REFUSED_STREAM));
          answer(peer, await call(peer), 'second try');
          await call(peer);
          goaway(peer, 3);
          return;
        }
        answer(peer, await call(peer), 'second connection');
      })();
    });
    const channel = network().connect(scripted.address, {});
    assert.equal(String(await channel.unary(echo.unary, Buffer.alloc(0))), 'second try');
    assert.equal(String(await channel.unary(echo.unary, Buffer.alloc(0))), 'second connection');
    await channel.close();
  });

  it('lets calls end on a connection that the server is leaving, and opens another for new ones', async () => {
    scripted = await ScriptedServer.start((peer, connection) => {
      void (async () => {
        peer.settings([]);
        const first = await call(peer);
        if (connection === 0) {
          goaway(peer, first);
          await peer.settled();
        }
        answer(peer, first, `connection ${connection}`);
      })();
    });
    const channel = network().connect(scripted.address, {});
    const first = channel.unary(echo.unary, Buffer.alloc(0));
    assert.equal(String(await first), 'connection 0');
    assert.equal(String(await channel.unary(echo.unary, Buffer.alloc(0))), 'connection 1');
    await channel.close();
  });

  it('does not make a call twice that the server may have done', async () => {
    let calls = 0;
    scripted = await ScriptedServer.start((peer) => {
      void (async () => {
        peer.settings([]);
        await call(peer);
        calls++;
        peer.destroy();
      })();
    });
    const channel = network().connect(scripted.address, {});
    await assert.rejects(channel.unary(echo.unary, Buffer.alloc(0)), { kind: 'unavailable' });
    assert.equal(calls, 1);
    await channel.close();
  });

  it('gives up a server that does not answer the handshake', async () => {
    const clock = new HandClock();
    let asked!: () => void;
    const challenged = new Promise<void>((resolve) => {
      asked = resolve;
    });
    scripted = await ScriptedServer.start((peer) => {
      peer.settings([]);
      void peer.next('challenge', (f) => f.type === FrameType.data).then(asked);
    });
    const channel = network({ clock }).connect(scripted.address, { user: 'alice', connectTimeoutMs: 5000 });
    const refused = assert.rejects(channel.unary(echo.unary, Buffer.alloc(0)), {
      kind: 'unavailable',
      message: /^Cannot authenticate to 127\.0\.0\.1:\d+: no answer within 5000 ms$/,
    });
    await challenged;
    clock.advance(5001);
    await refused;
    await channel.close();
  });

  it('ends the calls that wait for its connection when it is closed', async () => {
    scripted = await ScriptedServer.start((peer) => peer.settings([]));
    const channel = network().connect(scripted.address, { user: 'alice' });
    const unary = assert.rejects(channel.unary(echo.unary, Buffer.alloc(0)), { kind: 'unavailable' });
    const stream = channel.stream(echo.chat);
    const write = assert.rejects(stream.write(Buffer.from('early')), { kind: 'unavailable' });
    const read = assert.rejects(stream.read(), { kind: 'unavailable' });
    await new Promise(setImmediate);
    await channel.close();
    await Promise.all([unary, write, read]);
    await assert.rejects(channel.unary(echo.unary, Buffer.alloc(0)), { kind: 'unavailable', message: /is closed$/ });
  });

  it('maps answers that are not gRPC', async () => {
    const statuses: [string, string][] = [
      ['401', 'unauthenticated'],
      ['403', 'permissionDenied'],
      ['404', 'unimplemented'],
      ['503', 'unavailable'],
      ['400', 'internal'],
      ['500', 'unknown'],
    ];
    scripted = await ScriptedServer.start((peer) => {
      void (async () => {
        peer.settings([]);
        for (const [status] of statuses) peer.headers(await call(peer), [':status', status], Flag.endHeaders | Flag.endStream);
      })();
    });
    const channel = network().connect(scripted.address, {});
    for (const [status, kind] of statuses) {
      await assert.rejects(channel.unary(echo.unary, Buffer.alloc(0)), {
        kind,
        message: `Answer without grpc-status, HTTP status ${status}`,
      });
    }
    await channel.close();
  });
});

describe('a server that starts', () => {
  it('says when its address is taken', async () => {
    server = await serveEcho();
    const { port } = server.address;
    await assert.rejects(serveEcho({ port }), {
      kind: 'failedPrecondition',
      message: new RegExp(`^Cannot listen at 127.0.0.1:${port}: another program listens there$`),
    });
  });
});

describe('a server that stops', () => {
  it('answers what was asked before, and nothing after', async () => {
    server = await serveEcho();
    const channels = Array.from({ length: 5 }, (_, i) => network().connect(server!.address, { user: `user${i}` }));
    await Promise.all(channels.map((channel) => channel.unary(echo.unary, Buffer.alloc(0))));
    const replies = channels.flatMap((channel) => Array.from({ length: 50 }, () => channel.unary(echo.later, Buffer.from('in time'))));
    // All calls of a channel are sent together.
    await Promise.all(channels.map((_, i) => replies[i * 50]!));
    const stopped = server.stop(60_000);
    for (const reply of replies) assert.equal(String(await reply), 'in time');
    await stopped;
    for (const channel of channels) {
      await assert.rejects(channel.unary(echo.unary, Buffer.alloc(0)), { kind: 'unavailable' });
      await channel.close();
    }
  });
});
