import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { AlluviumError } from '@alluvium/base';
import { encodeHeaders } from '@alluvium/net/hpack/encoder.js';
import { PREFACE } from '@alluvium/net/http2/frames.js';
import { AbusedServer } from '../support/abused-server.js';
import { echo, network } from '../support/echo-service.js';
import { Flag, FrameType, encodeFrame, message, request, uint32 } from '../support/raw-peer.js';
import type { Frame } from '../support/raw-peer.js';

const RUNS = 300;
const SETTINGS = encodeFrame(FrameType.settings, 0, 0, Buffer.alloc(0));

const head = (path: string): Buffer => encodeHeaders(request(path));
const ends = Flag.endHeaders | Flag.endStream;

/** A client's session that uses most of the protocol. */
const session = Buffer.concat([
  PREFACE,
  encodeFrame(FrameType.settings, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0])),
  encodeFrame(FrameType.headers, Flag.endHeaders, 1, head(echo.open.path)),
  encodeFrame(FrameType.data, Flag.endStream, 1, message(Buffer.from('hello'))),
  encodeFrame(FrameType.ping, 0, 0, Buffer.alloc(8, 7)),
  encodeFrame(FrameType.headers, 0, 3, head(echo.openCollect.path).subarray(0, 20)),
  encodeFrame(FrameType.continuation, Flag.endHeaders, 3, head(echo.openCollect.path).subarray(20)),
  encodeFrame(FrameType.data, Flag.padded, 3, Buffer.concat([Buffer.from([4]), message(Buffer.from('abc')), Buffer.alloc(4)])),
  encodeFrame(FrameType.windowUpdate, 0, 0, uint32(100_000)),
  encodeFrame(FrameType.headers, 0x20 | Flag.endHeaders, 5, Buffer.concat([Buffer.alloc(5), head(echo.openCount.path)])),
  encodeFrame(FrameType.data, Flag.endStream, 5, message(Buffer.from('5 100'))),
  encodeFrame(FrameType.priority, 0, 7, Buffer.from([0, 0, 0, 1, 9])),
  encodeFrame(FrameType.headers, Flag.endHeaders, 9, head(echo.openStuck.path)),
  encodeFrame(FrameType.windowUpdate, 0, 9, uint32(1)),
  encodeFrame(FrameType.rstStream, 0, 9, uint32(8)),
  encodeFrame(FrameType.headers, ends, 11, head('/test.Nowhere/at/all')),
  encodeFrame(200, 1, 11, Buffer.from('unknown')),
  encodeFrame(FrameType.data, Flag.endStream, 3, Buffer.alloc(0)),
]);

/** Cuts `bytes` at random places. */
const cuts = fc.array(fc.nat(session.length), { maxLength: 8 });
function pieces(bytes: Buffer, at: readonly number[]): Buffer[] {
  const sorted = [0, ...at.map((i) => i % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i]!, end));
}

async function send(socket: Socket, bytes: Buffer, at: readonly number[]): Promise<void> {
  for (const piece of pieces(bytes, at)) {
    if (socket.writable && piece.length > 0) socket.write(piece);
    await new Promise(setImmediate);
  }
}

async function write(socket: Socket, bytes: Buffer, at: readonly number[]): Promise<void> {
  await send(socket, bytes, at);
  socket.end();
}

/** One changed, inserted, removed or repeated stretch. */
const change = fc.record({
  at: fc.nat(session.length),
  removed: fc.nat(12),
  inserted: fc.uint8Array({ maxLength: 12 }),
});
type Change = { readonly at: number; readonly removed: number; readonly inserted: Uint8Array };
function changed(bytes: Buffer, changes: readonly Change[]): Buffer {
  let out = bytes;
  for (const { at, removed, inserted } of changes) out = Buffer.concat([out.subarray(0, at), inserted, out.subarray(at + removed)]);
  return out;
}

const frame = fc
  .record({
    type: fc.nat(11),
    flags: fc.constantFrom(0, 1, 4, 5, 8, 12, 13, 0x20, 0x24, 0x2d, 255),
    streamId: fc.constantFrom(0, 1, 1, 2, 3, 5, 7, 2 ** 31 - 1),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(head(echo.open.path), head(echo.openStuck.path), head(echo.openCollect.path), message(Buffer.from('x'))),
    ),
  })
  .map(({ type, flags, streamId, payload }) => encodeFrame(type, flags, streamId, payload));

describe('whatever bytes a client sends', () => {
  let server: AbusedServer;
  before(async () => {
    server = await AbusedServer.start();
  });
  after(() => server.endsWell());

  /** Sends bytes and closes; what came back is whole frames, and GOAWAY is the last where the server closed first. */
  async function survives(bytes: Buffer, at: readonly number[]): Promise<Frame[]> {
    const peer = await server.connect('silent');
    await write(peer.socket, bytes, at);
    await peer.closed;
    server.peers.pop();
    assert.equal(peer.leftover, 0, 'half a frame came back');
    const goaway = peer.frames.findIndex((f) => f.type === FrameType.goaway);
    assert.ok(goaway < 0 || goaway === peer.frames.length - 1, 'something follows GOAWAY');
    assert.deepEqual(server.defects, []);
    return peer.frames;
  }

  it('a good session has the same answers however it is cut', async () => {
    const answers = async (at: readonly number[]): Promise<Map<number, string>> => {
      const peer = await server.connect('silent');
      await send(peer.socket, session, at);
      const out = new Map<number, string>();
      for (let open = 4; open > 0;) {
        const { streamId, type, flags, payload } = await peer.next(
          'answers',
          (f) => f.type === FrameType.headers || f.type === FrameType.data,
        );
        out.set(streamId, (out.get(streamId) ?? '') + payload.toString('hex'));
        if ((flags & Flag.endStream) !== 0) open--;
        assert.ok(type === FrameType.headers || streamId !== 11);
      }
      server.peers.pop();
      peer.destroy();
      return out;
    };
    const whole = await answers([]);
    assert.deepEqual(
      [...whole.keys()].sort((a, b) => a - b),
      [1, 3, 5, 11],
    );
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => assert.deepEqual(await answers(at), whole)),
      { seed: 9113, numRuns: RUNS },
    );
  });

  it('noise is answered with GOAWAY', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 24, maxLength: 300 }), cuts, async (bytes, at) => {
        const frames = await survives(Buffer.from(bytes), at);
        assert.deepEqual([frames.at(-1)!.type, frames.at(-1)!.payload.readUInt32BE(4)], [FrameType.goaway, 1]);
      }),
      { seed: 1, numRuns: RUNS },
    );
  });

  it('noise after the preface, or after SETTINGS', async () => {
    const start = fc.constantFrom(PREFACE, Buffer.concat([PREFACE, SETTINGS]));
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 500 }), cuts, async (first, bytes, at) => {
        await survives(Buffer.concat([first, bytes]), at);
      }),
      { seed: 2, numRuns: RUNS },
    );
  });

  it('frames in any order with anything in them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 25 }), cuts, async (frames, at) => {
        await survives(Buffer.concat([PREFACE, SETTINGS, ...frames]), at);
      }),
      { seed: 3, numRuns: 2 * RUNS },
    );
  });

  it('a good session with changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), cuts, async (changes, at) => {
        await survives(changed(session, changes), at);
      }),
      { seed: 4, numRuns: 2 * RUNS },
    );
  });
});

describe('whatever bytes a server sends', () => {
  let server: Server;
  let answer: (socket: Socket) => void;
  before(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      answer(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => void server.close());

  const reply = Buffer.concat([
    SETTINGS,
    encodeFrame(FrameType.settings, Flag.ack, 0, Buffer.alloc(0)),
    encodeFrame(FrameType.headers, Flag.endHeaders, 1, encodeHeaders([':status', '200', 'content-type', 'application/grpc'])),
    encodeFrame(FrameType.data, 0, 1, message(Buffer.from('hello'))),
    encodeFrame(FrameType.headers, ends, 1, encodeHeaders(['grpc-status', '0', 'grpc-message', 'a%20b'])),
    encodeFrame(FrameType.goaway, 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])),
  ]);

  /** The outcome of a call that is answered with `bytes`, after which the server closes. */
  async function outcome(bytes: Buffer, at: readonly number[], streaming: boolean): Promise<string> {
    answer = (socket) => {
      socket.once('data', () => {
        socket.resume();
        void write(socket, bytes, at);
      });
      socket.on('end', () => socket.destroy());
    };
    const { port } = server.address() as AddressInfo;
    const channel = network().connect({ host: '127.0.0.1', port }, {});
    try {
      if (!streaming) return (await channel.unary(echo.unary, Buffer.from('request'))).toString();
      const stream = channel.stream(echo.chat);
      await stream.write(Buffer.from('request'));
      const first = await stream.read();
      const second = await stream.read();
      return `${first?.toString()} ${second?.toString()}`;
    } catch (error) {
      assert.ok(error instanceof AlluviumError, String(error));
      return error.kind;
    } finally {
      await channel.close();
    }
  }

  it('a good answer is the same however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), async (at, streaming) => {
        assert.equal(await outcome(reply, at, streaming), streaming ? 'hello undefined' : 'hello');
      }),
      { seed: 5, numRuns: RUNS / 2 },
    );
  });

  it('calls end, with an answer or an error', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((noise) => Buffer.from(noise)),
      fc.array(frame, { maxLength: 20 }).map((frames) => Buffer.concat([SETTINGS, ...frames])),
      fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
        changed(
          reply,
          changes.map((c) => ({ ...c, at: c.at % reply.length })),
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(bytes, cuts, fc.boolean(), async (answered, at, streaming) => {
        await outcome(answered, at, streaming);
      }),
      { seed: 6, numRuns: 3 * RUNS },
    );
  });
});
