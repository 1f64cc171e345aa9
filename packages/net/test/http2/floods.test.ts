import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import { encodeHeaders } from '@alluvium/net/hpack/encoder.js';
import { echo } from '../support/echo-service.js';
import { AbusedServer, beginOpen, callOpen } from '../support/abused-server.js';
import { Flag, FrameType, encodeFrame, message, request, uint32 } from '../support/raw-peer.js';
import type { RawPeer } from '../support/raw-peer.js';

const REFUSED_STREAM = 7;
const CANCEL = uint32(8);
const ENHANCE_YOUR_CALM = 11;

let server: AbusedServer;
afterEach(() => server.endsWell());

function repeat(times: number, frames: (i: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: times }, (_, i) => frames(i)));
}

async function isCalmed(peer: RawPeer, why: string): Promise<void> {
  const { code, text } = await peer.goaway();
  assert.deepEqual([code, text], [ENHANCE_YOUR_CALM, why]);
}

const head = encodeHeaders(request(echo.openStuck.path));

describe('streams', () => {
  it('above the limit are refused; those below go on', async () => {
    server = await AbusedServer.start({ concurrentStreams: 3 });
    const peer = await server.connect();
    const settings = await peer.next('settings', (f) => f.type === FrameType.settings);
    assert.ok(settings.payload.includes(Buffer.from([0, 3, 0, 0, 0, 3])), 'the limit is announced');
    for (const streamId of [1, 3, 5, 7]) beginOpen(peer, streamId, echo.openStuck.path);
    assert.equal(await peer.reset(7), REFUSED_STREAM);
    peer.send(FrameType.rstStream, 0, 3, CANCEL);
    assert.equal(await callOpen(peer, 9, 'hello'), 'hello');
    assert.deepEqual(server.events.aborted, [echo.openStuck.path]);
  });

  it('that are opened and reset at once (CVE-2023-44487)', async () => {
    server = await AbusedServer.start();
    const peer = await server.connect();
    const pair = (i: number): Buffer =>
      Buffer.concat([
        encodeFrame(FrameType.headers, Flag.endHeaders, 2 * i + 1, head),
        encodeFrame(FrameType.rstStream, 0, 2 * i + 1, CANCEL),
      ]);
    peer.write(repeat(1500, pair));
    await isCalmed(peer, 'too_many_resets');
    assert.equal(server.events.aborted.length, 1001);
  });

  it('may be reset now and then for ever', async () => {
    server = await AbusedServer.start({ resets: { burst: 10, perSecond: 10 } });
    const peer = await server.connect();
    for (let i = 0; i < 100; i++) {
      beginOpen(peer, 2 * i + 1, echo.openStuck.path);
      peer.send(FrameType.rstStream, 0, 2 * i + 1, CANCEL);
      await peer.settled();
      server.clock.advance(100);
    }
    assert.equal(await callOpen(peer, 201, 'hello'), 'hello');
  });

  it('that the server is made to reset (CVE-2025-8671)', async () => {
    server = await AbusedServer.start({ resets: { burst: 50, perSecond: 1 } });
    const makers: ((streamId: number) => Buffer)[] = [
      (id) => encodeFrame(FrameType.windowUpdate, 0, id, uint32(0)),
      (id) => Buffer.concat([0, 1].map(() => encodeFrame(FrameType.windowUpdate, 0, id, uint32(2 ** 31 - 1)))),
      (id) => encodeFrame(FrameType.priority, 0, id, Buffer.concat([uint32(id), Buffer.alloc(1)])),
      (id) => encodeFrame(FrameType.priority, 0, id, Buffer.alloc(4)),
      (id) => Buffer.concat([Flag.endStream, 0].map((flags) => encodeFrame(FrameType.data, flags, id, Buffer.alloc(0)))),
      (id) => encodeFrame(FrameType.headers, Flag.endHeaders, id, head),
    ];
    for (const maker of makers) {
      const peer = await server.connect();
      peer.write(repeat(60, (i) => Buffer.concat([encodeFrame(FrameType.headers, Flag.endHeaders, 2 * i + 1, head), maker(2 * i + 1)])));
      await isCalmed(peer, 'too_many_resets');
    }
  });

  it('that are no requests', async () => {
    server = await AbusedServer.start({ resets: { burst: 50, perSecond: 1 } });
    const peer = await server.connect();
    const bad = encodeHeaders([':method', 'POST']);
    peer.write(repeat(60, (i) => encodeFrame(FrameType.headers, Flag.endHeaders, 2 * i + 1, bad)));
    await isCalmed(peer, 'too_many_resets');
  });

  it('above the limit, again and again', async () => {
    server = await AbusedServer.start({ concurrentStreams: 5, resets: { burst: 50, perSecond: 1 } });
    const peer = await server.connect();
    peer.write(repeat(60, (i) => encodeFrame(FrameType.headers, Flag.endHeaders, 2 * i + 1, head)));
    await isCalmed(peer, 'too_many_resets');
  });
});

describe('headers', () => {
  it('that are too long are answered with an error', async () => {
    server = await AbusedServer.start();
    const peer = await server.connect();
    peer.headers(1, request(echo.open.path, ['x-long', 'x'.repeat(8192)]));
    assert.equal((await peer.nextHeaders(1))['grpc-status'], '8');
    const many = Array.from({ length: 130 }, (_, i) => [`x-${i}`, '']).flat();
    peer.headers(3, request(echo.open.path, many));
    assert.equal((await peer.nextHeaders(3))['grpc-status'], '8');
    assert.equal(await callOpen(peer, 5, 'hello'), 'hello');
  });

  it('that name a long entry of the table over and over', async () => {
    server = await AbusedServer.start();
    const peer = await server.connect();
    const long = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4000, 0x78)]);
    peer.send(FrameType.headers, Flag.endHeaders | Flag.endStream, 1, Buffer.concat([encodeHeaders(request(echo.open.path)), long]));
    const references = Buffer.concat([encodeHeaders(request(echo.open.path)), Buffer.alloc(60_000, 0xbe)]);
    for (let i = 1; i <= 50; i++) peer.send(FrameType.headers, Flag.endHeaders | Flag.endStream, 2 * i + 1, references);
    for (let i = 1; i <= 50; i++) assert.equal((await peer.nextHeaders(2 * i + 1))['grpc-status'], '8');
  });

  it('in one block that is too long', async () => {
    server = await AbusedServer.start();
    const peer = await server.connect();
    peer.send(FrameType.headers, Flag.endHeaders, 1, Buffer.alloc(70_000));
    await isCalmed(peer, 'frame of type 1 with 70000 bytes');
  });

  it('in CONTINUATION frames without end', async () => {
    server = await AbusedServer.start();
    const long = await server.connect();
    long.send(FrameType.headers, 0, 1, head);
    for (let i = 0; i < 5; i++) long.send(FrameType.continuation, 0, 1, Buffer.alloc(16_000));
    await isCalmed(long, 'header block too long');

    const many = await server.connect();
    many.send(FrameType.headers, 0, 1, head);
    many.write(repeat(20, () => encodeFrame(FrameType.continuation, 0, 1, Buffer.alloc(0))));
    await isCalmed(many, 'header block too long');
  });
});

describe('a flood of', () => {
  const limits = {
    pings: { burst: 100, perSecond: 1 },
    settings: { burst: 100, perSecond: 1 },
    emptyData: { burst: 100, perSecond: 1 },
    smallWindowUpdates: { burst: 100, perSecond: 1 },
    uselessFrames: { burst: 100, perSecond: 1 },
  };
  const floods: readonly (readonly [name: string, frame: Buffer, why: string])[] = [
    ['PING', encodeFrame(FrameType.ping, 0, 0, Buffer.alloc(8)), 'too_many_pings'],
    ['PING acknowledgements', encodeFrame(FrameType.ping, Flag.ack, 0, Buffer.alloc(8)), 'too_many_uselessFrames'],
    ['SETTINGS', encodeFrame(FrameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0xff, 0xff])), 'too_many_settings'],
    ['empty SETTINGS', encodeFrame(FrameType.settings, 0, 0, Buffer.alloc(0)), 'too_many_settings'],
    ['SETTINGS acknowledgements', encodeFrame(FrameType.settings, Flag.ack, 0, Buffer.alloc(0)), 'too_many_uselessFrames'],
    ['empty DATA', encodeFrame(FrameType.data, 0, 1, Buffer.alloc(0)), 'too_many_emptyData'],
    ['DATA that is all padding', encodeFrame(FrameType.data, Flag.padded, 1, Buffer.from([1, 0])), 'too_many_emptyData'],
    ['small WINDOW_UPDATE', encodeFrame(FrameType.windowUpdate, 0, 0, uint32(1)), 'too_many_smallWindowUpdates'],
    ['PRIORITY', encodeFrame(FrameType.priority, 0, 1, Buffer.alloc(5)), 'too_many_uselessFrames'],
    ['unknown frames', encodeFrame(99, 0, 1, Buffer.from('x')), 'too_many_uselessFrames'],
    ['GOAWAY', encodeFrame(FrameType.goaway, 0, 0, Buffer.alloc(8)), 'too_many_uselessFrames'],
  ];
  for (const [name, frame, why] of floods) {
    it(name, async () => {
      server = await AbusedServer.start(limits);
      const peer = await server.connect();
      beginOpen(peer, 1, echo.openStuck.path);
      peer.write(repeat(300, () => frame));
      await isCalmed(peer, why);
    });
  }

  it('frames for streams that are gone', async () => {
    for (const late of [encodeFrame(FrameType.data, 0, 1, Buffer.from('x')), encodeFrame(FrameType.rstStream, 0, 1, CANCEL)]) {
      server = await AbusedServer.start(limits);
      const peer = await server.connect();
      await callOpen(peer, 1, 'hello');
      peer.write(repeat(300, () => late));
      await isCalmed(peer, 'too_many_uselessFrames');
      if (late[3] === FrameType.data) await server.endsWell();
    }
  });

  it('PING by a peer that does not read the answers', async () => {
    server = await AbusedServer.start({ pings: { burst: 1e9, perSecond: 1e9 } });
    const peer = await server.connect();
    await peer.settled();
    peer.socket.pause();
    const pings = repeat(10_000, () => encodeFrame(FrameType.ping, 0, 0, Buffer.alloc(8)));
    // More than the buffers of the kernel hold, both ways.
    for (let i = 0; i < 150; i++) {
      if (!peer.socket.write(pings)) await once(peer.socket, 'drain');
    }
    peer.socket.resume();
    await isCalmed(peer, 'the peer does not read');
  });
});

describe('requests', () => {
  it('that are many and whole are answered', async () => {
    server = await AbusedServer.start();
    const peer = await server.connect();
    const whole = (i: number): Buffer =>
      Buffer.concat([
        encodeFrame(FrameType.headers, Flag.endHeaders, 2 * i + 1, encodeHeaders(request(echo.open.path))),
        encodeFrame(FrameType.data, Flag.endStream, 2 * i + 1, message(Buffer.from('hello'))),
      ]);
    peer.windowUpdate(0, 1_000_000);
    peer.write(repeat(20_000, whole));
    await peer.next('the last trailers', (f) => f.streamId === 39_999 && (f.flags & Flag.endStream) !== 0);
  });
});
