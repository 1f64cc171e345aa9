import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import { echo } from '../support/echo-service.js';
import { AbusedServer, beginOpen, callOpen } from '../support/abused-server.js';
import { Flag, FrameType, encodeFrame, message, uint32 } from '../support/raw-peer.js';
import type { RawPeer } from '../support/raw-peer.js';

const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;
const MIB = 2 ** 20;
const INITIAL_WINDOW_SIZE = 4;

let server: AbusedServer;
afterEach(() => server.endsWell());

function count(peer: RawPeer, streamId: number, what: string): void {
  beginOpen(peer, streamId, echo.openCount.path);
  peer.send(FrameType.data, Flag.endStream, streamId, message(Buffer.from(what)));
}

describe('a peer that gives no window', () => {
  it('has little kept for it, and its calls end', async () => {
    server = await AbusedServer.start();
    const peer = await server.connect([[INITIAL_WINDOW_SIZE, 0]]);
    count(peer, 1, '1000 1000000');
    await peer.nextHeaders(1);
    await peer.settled();
    assert.ok(server.events.written! <= 2, `${server.events.written} messages written`);
    server.clock.advance(599_000);
    await peer.settled();
    assert.equal(
      peer.frames.some((f) => f.type === FrameType.rstStream),
      false,
    );
    server.clock.advance(3000);
    assert.equal(await peer.reset(1), CANCEL);
  });

  it('may drip, and still has little kept for it', async () => {
    server = await AbusedServer.start({ queuedSendBytes: 8 * MIB });
    const peer = await server.connect([[INITIAL_WINDOW_SIZE, 1]]);
    for (let i = 0; i < 6; i++) count(peer, 2 * i + 1, '1000 1000000');
    await peer.settled();
    // Above a quarter of the limit each stream has one message on its way, so that six do not reach it.
    for (let i = 0; i < 20; i++) {
      peer.windowUpdate(1, 1);
      await peer.settled();
      server.clock.advance(590_000);
      await peer.settled();
    }
    assert.equal(peer.isClosed, false);
  });

  it('has its connection ended when its replies are too much', async () => {
    server = await AbusedServer.start({ queuedSendBytes: 4 * MIB });
    const peer = await server.connect([[INITIAL_WINDOW_SIZE, 0]]);
    const large = message(Buffer.alloc(1_000_000));
    for (let i = 0; i < 6; i++) {
      beginOpen(peer, 2 * i + 1);
      peer.send(FrameType.data, Flag.endStream, 2 * i + 1, large);
    }
    const { code, text } = await peer.goaway();
    assert.deepEqual([code, text], [ENHANCE_YOUR_CALM, 'too much data waits for this peer']);
  });
});

describe('a peer that does not read its socket', () => {
  it('is cut', async () => {
    server = await AbusedServer.start();
    const peer = await server.connect([[INITIAL_WINDOW_SIZE, 2 ** 31 - 1]]);
    peer.windowUpdate(0, 2 ** 30);
    peer.socket.pause();
    count(peer, 1, '1000 1000000');
    // What is written stops at the buffers of the kernel.
    let before = -1;
    while (server.events.written === undefined || server.events.written !== before) {
      before = server.events.written ?? -1;
      for (let i = 0; i < 200; i++) await new Promise(setImmediate);
    }
    assert.ok(before < 100, `${before} of 1000 messages written`);
    server.clock.advance(602_000);
    peer.socket.resume();
    await peer.closed;
  });
});

describe('memory', () => {
  it('kept for all peers is bounded: the one with most goes', async () => {
    server = await AbusedServer.start({ totalKeptBytes: 12 * MIB });
    const [small, large, last] = [
      await server.connect([[INITIAL_WINDOW_SIZE, 0]]),
      await server.connect([[INITIAL_WINDOW_SIZE, 0]]),
      await server.connect([[INITIAL_WINDOW_SIZE, 0]]),
    ];
    const hold = async (peer: RawPeer, streams: number): Promise<void> => {
      for (let i = 0; i < streams; i++) count(peer, 2 * i + 1, '1000 1000000');
      await peer.settled();
    };
    await hold(small, 1);
    await hold(large, 4);
    await hold(last, 3);
    const { code, text } = await large.goaway();
    assert.deepEqual([code, text], [ENHANCE_YOUR_CALM, 'too much is kept for this peer']);
    await small.settled();
    await last.settled();
  });

  it('is given back, however calls end', async () => {
    server = await AbusedServer.start({ totalKeptBytes: 3 * MIB });
    for (let round = 0; round < 24; round++) {
      const peer = await server.connect([[INITIAL_WINDOW_SIZE, round % 2 === 0 ? 0 : 65_535]]);
      peer.windowUpdate(0, 2_000_000);
      count(peer, 1, '10 1000000');
      count(peer, 7, '10 20000');
      if (round % 2 === 1) {
        peer.windowUpdate(7, 200_000);
        await peer.next('trailers', (f) => f.streamId === 7 && (f.flags & Flag.endStream) !== 0);
      }
      beginOpen(peer, 9, echo.openStuck.path);
      peer.send(FrameType.data, 0, 9, Buffer.alloc(300_000));
      beginOpen(peer, 11);
      peer.send(FrameType.data, 0, 11, message(Buffer.alloc(300_000)).subarray(0, 200_000));
      await peer.settled();
      const aborted = new Promise((resolve) => {
        server.events.onAborted = resolve;
      });
      if (round % 3 === 0) peer.destroy();
      else for (const id of [1, 7, 11, 9]) peer.send(FrameType.rstStream, 0, id, uint32(CANCEL));
      await aborted;
    }
    assert.equal(server.peers.filter((peer) => peer.frames.some((f) => f.type === FrameType.goaway)).length, 0);
  });

  it('of unfinished requests is bounded', async () => {
    server = await AbusedServer.start({ partialMessageBytes: MIB });
    const peer = await server.connect();
    for (let i = 0; i < 3; i++) {
      beginOpen(peer, 2 * i + 1);
      for (let piece = 0; piece < 4; piece++)
        peer.send(FrameType.data, 0, 2 * i + 1, message(Buffer.alloc(2_000_000)).subarray(0, 100_000));
    }
    const { code, text } = await peer.goaway();
    assert.deepEqual([code, text], [ENHANCE_YOUR_CALM, 'too much of unfinished messages']);
  });

  it('of a dripped message is about its size', async () => {
    server = await AbusedServer.start();
    const peer = await server.connect();
    beginOpen(peer, 1, echo.openStuck.path);
    await peer.settled();
    const before = memory();
    // Each byte in a frame of its own; nobody reads them.
    const bytes = Buffer.concat(Array.from({ length: 10_000 }, () => encodeFrame(FrameType.data, 0, 1, Buffer.from([0]))));
    for (let i = 0; i < 100; i++) {
      if (!peer.socket.write(bytes)) await once(peer.socket, 'drain');
      await peer.settled();
    }
    const after = memory();
    assert.ok(after - before < 20 * MIB, `${after - before} bytes for a million bytes`);
  });
});

function memory(): number {
  global.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

describe('a peer that is slow', () => {
  it('to begin is cut', async () => {
    server = await AbusedServer.start();
    const silent = await server.connect('silent');
    const slow = await server.connect('silent');
    slow.write(Buffer.from('PRI * HT'));
    const greeted = await server.connect('silent');
    greeted.write(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'));
    const good = await server.connect();
    await good.settled();
    server.clock.advance(11_000);
    await Promise.all([silent.closed, slow.closed, greeted.closed]);
    assert.equal(good.isClosed, false);
  });

  it('and has no streams is told to go', async () => {
    server = await AbusedServer.start();
    const idle = await server.connect();
    await callOpen(idle, 1, 'hello');
    const busy = await server.connect();
    beginOpen(busy, 1, echo.openStuck.path);
    await busy.settled();
    server.clock.advance(899_000);
    await idle.settled();
    server.clock.advance(3000);
    const { code, lastStreamId } = await idle.goaway();
    assert.deepEqual([code, lastStreamId], [0, 1]);
    await busy.settled();
  });

  it('to answer a keepalive ping is cut', async () => {
    server = await AbusedServer.start({}, { intervalMs: 30_000, timeoutMs: 30_000 });
    const gone = await server.connect();
    const there = await server.connect();
    for (const peer of [gone, there]) {
      beginOpen(peer, 1, echo.openStuck.path);
      await peer.settled();
    }
    server.clock.advance(32_000);
    for (const peer of [gone, there]) {
      const ping = await peer.next('keepalive', (f) => f.type === FrameType.ping && (f.flags & Flag.ack) === 0);
      if (peer === there) peer.send(FrameType.ping, Flag.ack, 0, ping.payload);
    }
    await there.settled();
    server.clock.advance(32_000);
    await gone.closed;
    await there.settled();
  });

  it('to leave is cut', async () => {
    server = await AbusedServer.start();
    const peer = await server.connect();
    peer.socket.allowHalfOpen = true;
    peer.send(FrameType.ping, 0, 0, Buffer.alloc(7));
    await peer.next('GOAWAY', (f) => f.type === FrameType.goaway);
    server.clock.advance(3000);
    // A socket that was closed over there answers the next bytes with a reset.
    while (!peer.isClosed) {
      peer.send(FrameType.ping, 0, 0, Buffer.alloc(8));
      await new Promise(setImmediate);
    }
  });
});

describe('connections', () => {
  it('above the limit are closed; when one goes there is room again', async () => {
    server = await AbusedServer.start({ connections: 2 });
    const first = await server.connect();
    const second = await server.connect();
    await Promise.all([first.settled(), second.settled()]);
    const third = await server.connect();
    await third.closed;
    assert.deepEqual(third.frames, []);
    first.destroy();
    second.destroy();
    // The server may not have noticed yet.
    for (let again = true; again;) {
      const further = await server.connect();
      again = await further.settled().then(
        () => false,
        () => true,
      );
    }
  });
});
