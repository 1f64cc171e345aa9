import assert from 'node:assert/strict';
import type { Http2Limits, KeepaliveOptions, RpcServer } from '@alluvium/net';
import { echo, echoTable, network, serveEcho } from './echo-service.js';
import type { EchoEvents } from './echo-service.js';
import { HandClock } from './hand-clock.js';
import { Flag, FrameType, RawPeer, message, request } from './raw-peer.js';

const NO_KEEPALIVE: KeepaliveOptions = { intervalMs: Infinity, timeoutMs: Infinity };

/** A server with limits of a test's choice, and time in its hand. */
export class AbusedServer {
  readonly clock = new HandClock();
  readonly events: EchoEvents = { aborted: [] };
  readonly peers: RawPeer[] = [];
  readonly defects: unknown[] = [];
  #server!: RpcServer;

  static async start(limits: Partial<Http2Limits> = {}, keepalive = NO_KEEPALIVE): Promise<AbusedServer> {
    const self = new AbusedServer();
    const options = {
      clock: self.clock,
      limits,
      keepalive,
      log: (level: string, text: string, fields?: object): void => {
        if (level === 'error') self.defects.push([text, fields]);
      },
    };
    self.#server = await serveEcho({ table: echoTable(self.events), network: options });
    return self;
  }

  async connect(settings?: readonly (readonly [id: number, value: number])[] | 'silent'): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.#server.address.port, settings);
    this.peers.push(peer);
    return peer;
  }

  /** Whoever behaves is served, whatever others did; then everything ends. */
  async endsWell(): Promise<void> {
    const channel = network().connect(this.#server.address, { user: 'alice' });
    assert.equal((await channel.unary(echo.unary, Buffer.from('hello'))).toString(), 'hello');
    const stream = channel.stream(echo.count);
    await stream.write(Buffer.from('3 100000'));
    for (let i = 0; i < 3; i++) assert.equal((await stream.read())?.length, 100_000);
    assert.equal(await stream.read(), undefined);
    await channel.close();
    for (const peer of this.peers) peer.destroy();
    const stopped = this.#server.stop(0);
    this.clock.advance(1);
    await stopped;
    assert.deepEqual(this.defects, []);
  }
}

/** Begins a call of the service that needs no authentication. */
export function beginOpen(peer: RawPeer, streamId: number, path: string = echo.open.path): void {
  peer.headers(streamId, request(path));
}

/** Makes a whole call of it. */
export async function callOpen(peer: RawPeer, streamId: number, body: string): Promise<string> {
  beginOpen(peer, streamId);
  peer.send(FrameType.data, Flag.endStream, streamId, message(Buffer.from(body)));
  const reply = await peer.next('reply', (f) => f.type === FrameType.data && f.streamId === streamId);
  return reply.payload.toString('utf8', 5);
}
