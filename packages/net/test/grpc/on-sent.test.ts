import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ServiceTable, noAuthenticator } from '@alluvium/net';
import type { RpcServer } from '@alluvium/net';
import { encodeHeaders } from '@alluvium/net/hpack/encoder.js';
import type { ByteConnection, ByteUser } from '@alluvium/net/http2/byte-connection.js';
import { Http2Connection } from '@alluvium/net/http2/connection.js';
import { PREFACE } from '@alluvium/net/http2/frames.js';
import { DEFAULT_LIMITS } from '@alluvium/net/http2/limits.js';
import { MemoryBudget } from '@alluvium/net/http2/memory-budget.js';
import type { Http2Stream } from '@alluvium/net/http2/stream.js';
import { echo, serveEcho } from '../support/echo-service.js';
import { HandClock } from '../support/hand-clock.js';
import { Flag, FrameType, RawPeer, encodeFrame, message, request, uint32 } from '../support/raw-peer.js';

const MESSAGES = 30;
const BYTES = 300_000;
const CANCEL = uint32(8);

describe('a writer is told once for each message that its bytes are free', () => {
  let server: RpcServer;
  let sent: number[];
  let ended: Promise<void>;
  beforeEach(async () => {
    sent = [];
    let over!: () => void;
    ended = new Promise((resolve) => {
      over = resolve;
    });
    const table = new ServiceTable().stream(echo.count, async (stream) => {
      try {
        // The last ones come when the call may be over already.
        for (let i = 0; i < MESSAGES; i++) await stream.write(Buffer.alloc(BYTES), () => sent.push(i)).catch(() => undefined);
      } finally {
        over();
      }
    });
    server = await serveEcho({ table, authenticator: noAuthenticator });
  });
  afterEach(async () => {
    await server.stop(0);
    assert.deepEqual(
      sent.toSorted((a, b) => a - b),
      Array.from({ length: MESSAGES }, (_, i) => i),
    );
  });

  async function begin(window: number): Promise<RawPeer> {
    const peer = await RawPeer.connect(server.address.port, [[4, window]]);
    peer.windowUpdate(0, 2 ** 30);
    peer.headers(1, request(echo.count.path));
    peer.send(FrameType.data, Flag.endStream, 1, message(Buffer.alloc(0)));
    await peer.nextHeaders(1);
    return peer;
  }

  it('when all are read', async () => {
    const peer = await begin(2 ** 30);
    await peer.next('trailers', (f) => f.type === FrameType.headers && (f.flags & Flag.endStream) !== 0);
    await ended;
    peer.destroy();
  });

  it('when the call is cancelled inside a message', async () => {
    const peer = await begin(1000);
    peer.send(FrameType.rstStream, 0, 1, CANCEL);
    await ended;
    await peer.settled();
    peer.destroy();
  });

  it('when the connection breaks', async () => {
    const peer = await begin(1_000_000);
    peer.destroy();
    await ended;
  });

  it('when the peer does not read and goes', async () => {
    const peer = await begin(2 ** 30);
    peer.socket.pause();
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    peer.send(FrameType.rstStream, 0, 1, CANCEL);
    await ended;
    peer.destroy();
  });
});

describe('bytes that the kernel has not taken', () => {
  /** A kernel that takes what it is given when told to. */
  class SlowKernel implements ByteConnection {
    readonly peer = 'test';
    user!: ByteUser;
    written = 0;
    attach(user: ByteUser): void {
      this.user = user;
    }
    write(): boolean {
      this.written++;
      return false;
    }
    defer(callback: () => void): void {
      callback();
    }
    end(): void {}
    destroy(): void {}
  }

  function begin(): { io: SlowKernel; stream: Http2Stream } {
    const io = new SlowKernel();
    let stream!: Http2Stream;
    const user = {
      request(opened: Http2Stream) {
        stream = opened;
        stream.user = { headers() {}, data() {}, ended() {}, reset() {} };
      },
      opened() {},
      goaway() {},
      streamEnded() {},
      defect: assert.ifError,
      closed() {},
    };
    const keepalive = { intervalMs: Infinity, timeoutMs: Infinity };
    const budget = new MemoryBudget(Infinity, () => undefined);
    const connection = new Http2Connection(user, { role: 'server', io, clock: new HandClock(), limits: DEFAULT_LIMITS, keepalive, budget });
    assert.equal(connection.streams.size, 0);
    io.user.taken();
    const head = encodeHeaders(request(echo.count.path));
    io.user.bytes(
      Buffer.concat([
        PREFACE,
        encodeFrame(FrameType.settings, 0, 0, Buffer.alloc(0)),
        encodeFrame(FrameType.headers, Flag.endHeaders, 1, head),
      ]),
    );
    io.user.taken();
    return { io, stream };
  }

  for (const [name, bytes] of [
    ['of a whole message', 10_000],
    ['of the beginning of a message', 100_000],
  ] as const) {
    it(`are not free when the call ends: ${name}`, () => {
      const { io, stream } = begin();
      let free = 0;
      stream.send([Buffer.alloc(bytes)], bytes, () => free++);
      const written = io.written;
      io.user.bytes(encodeFrame(FrameType.rstStream, 0, 1, CANCEL));
      assert.equal(stream.gone, true);
      assert.equal(free, 0);
      io.user.taken();
      assert.equal(free, 1);
      assert.equal(io.written, written);
    });
  }

  it('are free when the connection is lost', () => {
    const { io, stream } = begin();
    let free = 0;
    stream.send([Buffer.alloc(10_000)], 10_000, () => free++);
    stream.send([Buffer.alloc(10_000)], 10_000, () => free++);
    io.user.closed(undefined);
    assert.equal(free, 2);
  });
});
