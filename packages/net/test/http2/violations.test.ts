import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { encodeHeaders } from '@alluvium/net/hpack/encoder.js';
import { echo } from '../support/echo-service.js';
import { AbusedServer, beginOpen, callOpen } from '../support/abused-server.js';
import { Flag, FrameType, encodeFrame, message, request, uint32 } from '../support/raw-peer.js';
import type { RawPeer } from '../support/raw-peer.js';

const PROTOCOL_ERROR = 1;
const FLOW_CONTROL_ERROR = 3;
const STREAM_CLOSED = 5;
const FRAME_SIZE_ERROR = 6;
const COMPRESSION_ERROR = 9;
const ENHANCE_YOUR_CALM = 11;

let server: AbusedServer;
let peer: RawPeer;
beforeEach(async () => {
  server = await AbusedServer.start({ streamWindowBytes: 100_000, connectionWindowBytes: 250_000 });
  peer = await server.connect();
});
afterEach(() => server.endsWell());

const open = encodeHeaders(request(echo.openStuck.path));
const begin = (streamId: number, flags: number = Flag.endHeaders): Buffer => encodeFrame(FrameType.headers, flags, streamId, open);

describe('a connection ends with', () => {
  const setting = (id: number, value: number): Buffer => {
    const payload = Buffer.alloc(6);
    payload.writeUInt16BE(id);
    payload.writeUInt32BE(value, 2);
    return encodeFrame(FrameType.settings, 0, 0, payload);
  };
  const cases: readonly (readonly [name: string, code: number, ...frames: Buffer[]])[] = [
    ['DATA on stream 0', PROTOCOL_ERROR, encodeFrame(FrameType.data, 0, 0, Buffer.from('x'))],
    ['DATA on an idle stream', PROTOCOL_ERROR, encodeFrame(FrameType.data, 0, 1, Buffer.from('x'))],
    ['HEADERS on stream 0', PROTOCOL_ERROR, begin(0)],
    ['HEADERS on an even stream', PROTOCOL_ERROR, begin(2)],
    ['HEADERS on a lower stream', STREAM_CLOSED, begin(5), begin(3)],
    ['CONTINUATION alone', PROTOCOL_ERROR, encodeFrame(FrameType.continuation, Flag.endHeaders, 1, open)],
    ['a frame inside a header block', PROTOCOL_ERROR, begin(1, 0), encodeFrame(FrameType.ping, 0, 0, Buffer.alloc(8))],
    ['an unknown frame inside a header block', PROTOCOL_ERROR, begin(1, 0), encodeFrame(77, 0, 1, Buffer.alloc(8))],
    ['CONTINUATION of another stream', PROTOCOL_ERROR, begin(1, 0), encodeFrame(FrameType.continuation, Flag.endHeaders, 3, open)],
    [
      'a header block that cannot be decoded',
      COMPRESSION_ERROR,
      encodeFrame(FrameType.headers, Flag.endHeaders, 1, Buffer.from([0xff, 0xff])),
    ],
    ['HEADERS that are all padding', PROTOCOL_ERROR, encodeFrame(FrameType.headers, 0xc, 1, Buffer.from([5, 0x82]))],
    ['padded HEADERS without a length', FRAME_SIZE_ERROR, encodeFrame(FrameType.headers, 0xc, 1, Buffer.alloc(0))],
    ['HEADERS without their priority', FRAME_SIZE_ERROR, encodeFrame(FrameType.headers, 0x24, 1, Buffer.alloc(3))],
    ['padded DATA without a length', FRAME_SIZE_ERROR, begin(1), encodeFrame(FrameType.data, Flag.padded, 1, Buffer.alloc(0))],
    ['DATA with more padding than data', PROTOCOL_ERROR, begin(1), encodeFrame(FrameType.data, Flag.padded, 1, Buffer.from([2, 0]))],
    ['PRIORITY on stream 0', PROTOCOL_ERROR, encodeFrame(FrameType.priority, 0, 0, Buffer.alloc(5))],
    ['RST_STREAM on an idle stream', PROTOCOL_ERROR, encodeFrame(FrameType.rstStream, 0, 1, uint32(8))],
    ['RST_STREAM on stream 0', PROTOCOL_ERROR, encodeFrame(FrameType.rstStream, 0, 0, uint32(8))],
    ['RST_STREAM of three bytes', FRAME_SIZE_ERROR, begin(1), encodeFrame(FrameType.rstStream, 0, 1, Buffer.alloc(3))],
    ['SETTINGS on a stream', PROTOCOL_ERROR, encodeFrame(FrameType.settings, 0, 1, Buffer.alloc(6))],
    ['SETTINGS of seven bytes', FRAME_SIZE_ERROR, encodeFrame(FrameType.settings, 0, 0, Buffer.alloc(7))],
    ['a SETTINGS acknowledgement with values', FRAME_SIZE_ERROR, encodeFrame(FrameType.settings, Flag.ack, 0, Buffer.alloc(6))],
    ['ENABLE_PUSH 2', PROTOCOL_ERROR, setting(2, 2)],
    ['INITIAL_WINDOW_SIZE 2^31', FLOW_CONTROL_ERROR, setting(4, 2 ** 31)],
    [
      'INITIAL_WINDOW_SIZE that lifts a stream over the top',
      FLOW_CONTROL_ERROR,
      begin(1),
      encodeFrame(FrameType.windowUpdate, 0, 1, uint32(2 ** 30)),
      setting(4, 2 ** 30 + 65_535),
    ],
    ['MAX_FRAME_SIZE of 100', PROTOCOL_ERROR, setting(5, 100)],
    ['PUSH_PROMISE', PROTOCOL_ERROR, encodeFrame(FrameType.pushPromise, Flag.endHeaders, 1, open)],
    ['PING on a stream', PROTOCOL_ERROR, encodeFrame(FrameType.ping, 0, 1, Buffer.alloc(8))],
    ['PING of seven bytes', FRAME_SIZE_ERROR, encodeFrame(FrameType.ping, 0, 0, Buffer.alloc(7))],
    ['GOAWAY on a stream', PROTOCOL_ERROR, encodeFrame(FrameType.goaway, 0, 1, Buffer.alloc(8))],
    ['GOAWAY of seven bytes', FRAME_SIZE_ERROR, encodeFrame(FrameType.goaway, 0, 0, Buffer.alloc(7))],
    ['WINDOW_UPDATE by nothing', PROTOCOL_ERROR, encodeFrame(FrameType.windowUpdate, 0, 0, uint32(0))],
    ['WINDOW_UPDATE of three bytes', FRAME_SIZE_ERROR, encodeFrame(FrameType.windowUpdate, 0, 0, Buffer.alloc(3))],
    ['WINDOW_UPDATE on an idle stream', PROTOCOL_ERROR, encodeFrame(FrameType.windowUpdate, 0, 1, uint32(1))],
    ['a window over the top', FLOW_CONTROL_ERROR, encodeFrame(FrameType.windowUpdate, 0, 0, uint32(2 ** 31 - 1))],
    ['a frame over the announced size', FRAME_SIZE_ERROR, Buffer.from([0x10, 0, 1, 0, 0, 0, 0, 0, 1])],
    ['a huge SETTINGS', ENHANCE_YOUR_CALM, Buffer.from([0x0f, 0xff, 0xfc, FrameType.settings, 0, 0, 0, 0, 0])],
    ['more data than the stream window', FLOW_CONTROL_ERROR, begin(1), encodeFrame(FrameType.data, 0, 1, Buffer.alloc(100_001))],
    [
      'more data than the connection window',
      FLOW_CONTROL_ERROR,
      ...[1, 3, 5].flatMap((id) => [begin(id), encodeFrame(FrameType.data, 0, id, Buffer.alloc(90_000))]),
    ],
  ];
  for (const [name, code, ...frames] of cases) {
    it(`${name}`, async () => {
      peer.write(...frames);
      assert.equal((await peer.goaway()).code, code);
    });
  }

  it('a first frame that is not SETTINGS', async () => {
    const other = await server.connect('silent');
    other.write(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), encodeFrame(FrameType.ping, 0, 0, Buffer.alloc(8)));
    assert.equal((await other.goaway()).code, PROTOCOL_ERROR);
  });

  it('HTTP/1.1', async () => {
    const other = await server.connect('silent');
    other.write(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    assert.equal((await other.goaway()).code, PROTOCOL_ERROR);
  });
});

describe('a stream ends with', () => {
  const cases: readonly (readonly [name: string, code: number, ...frames: Buffer[]])[] = [
    ['DATA after its end', STREAM_CLOSED, begin(1, Flag.endHeaders | Flag.endStream), encodeFrame(FrameType.data, 0, 1, Buffer.from('x'))],
    ['a window over the top', FLOW_CONTROL_ERROR, begin(1), encodeFrame(FrameType.windowUpdate, 0, 1, uint32(2 ** 31 - 1))],
    ['WINDOW_UPDATE by nothing', PROTOCOL_ERROR, begin(1), encodeFrame(FrameType.windowUpdate, 0, 1, uint32(0))],
    ['headers that do not end it', PROTOCOL_ERROR, begin(1), begin(1)],
    ['PRIORITY of four bytes', FRAME_SIZE_ERROR, begin(1), encodeFrame(FrameType.priority, 0, 1, Buffer.alloc(4))],
  ];
  for (const [name, code, ...frames] of cases) {
    it(name, async () => {
      peer.write(...frames);
      assert.equal(await peer.reset(1), code);
      await peer.settled();
    });
  }

  for (const [name, fields] of [
    ['an upper-case name', request(echo.open.path, ['X-Upper', '1'])],
    ['a connection header', request(echo.open.path, ['connection', 'close'])],
    ['te other than trailers', [...request(echo.open.path).slice(0, -1), 'gzip']],
    ['an unknown pseudo-header', [':proto', 'x', ...request(echo.open.path)]],
    ['a pseudo-header after others', [...request(echo.open.path), ':scheme', 'http']],
    ['a pseudo-header twice', [':path', '/', ...request(echo.open.path)]],
    ['no path', request('')],
    ['no method', request(echo.open.path).slice(2)],
  ] as const) {
    it(`a request with ${name}`, async () => {
      peer.headers(1, fields);
      assert.equal(await peer.reset(1), PROTOCOL_ERROR);
      assert.equal(await callOpen(peer, 3, 'hello'), 'hello');
    });
  }

  it('a body that is not as long as it says', async () => {
    for (const [streamId, path] of [
      [1, echo.open.path],
      [5, echo.openCollect.path],
      [9, '/test.Nowhere/method'],
    ] as const) {
      peer.headers(streamId, request(path, ['content-length', '20']));
      peer.send(FrameType.data, Flag.endStream, streamId, message(Buffer.from('hello')));
      assert.equal(await peer.reset(streamId), PROTOCOL_ERROR);
      peer.headers(streamId + 2, request(path, ['content-length', '2']));
      peer.send(FrameType.data, Flag.endStream, streamId + 2, message(Buffer.from('hello')));
      assert.equal(await peer.reset(streamId + 2), PROTOCOL_ERROR);
    }
  });
});

describe('a request is answered with an error', () => {
  const status = async (streamId: number): Promise<string> => {
    for (;;) {
      const headers = await peer.nextHeaders(streamId);
      if (headers['grpc-status'] !== undefined) return `${headers[':status']} ${headers['grpc-status']} ${headers['grpc-message']}`;
    }
  };

  it('when a message is announced that is too large, before it comes', async () => {
    beginOpen(peer, 1);
    const huge = Buffer.alloc(5);
    huge.writeUInt32BE(4 * 2 ** 20 + 1, 1);
    peer.send(FrameType.data, 0, 1, huge);
    assert.equal(await status(1), '200 8 gRPC message exceeds maximum size 4194304: 4194305');
    assert.equal(await peer.reset(1), 0);
    beginOpen(peer, 3, echo.openCollect.path);
    peer.send(FrameType.data, 0, 3, huge);
    assert.equal(await status(3), '200 8 gRPC message exceeds maximum size 4194304: 4194305');
  });

  it('when it is compressed', async () => {
    peer.headers(1, request(echo.open.path, ['grpc-encoding', 'gzip']));
    const headers = await peer.nextHeaders(1);
    assert.equal(headers['grpc-status'], '12');
    assert.equal(headers['grpc-accept-encoding'], 'identity');
    for (const [streamId, path] of [
      [3, echo.open.path],
      [5, echo.openCollect.path],
    ] as const) {
      beginOpen(peer, streamId, path);
      peer.send(FrameType.data, Flag.endStream, streamId, message(Buffer.from('zip'), 1));
      assert.equal(await status(streamId), '200 13 Compressed message without a known grpc-encoding');
    }
    peer.headers(7, request(echo.open.path, ['grpc-encoding', 'identity']));
    peer.send(FrameType.data, Flag.endStream, 7, message(Buffer.from('plain')));
    assert.equal((await peer.next('reply', (f) => f.type === FrameType.data && f.streamId === 7)).payload.toString('utf8', 5), 'plain');
  });

  it('when it has no message, more than one, or half of one', async () => {
    beginOpen(peer, 1);
    peer.send(FrameType.data, Flag.endStream, 1);
    assert.equal(await status(1), '200 13 Half-closed without a request');
    beginOpen(peer, 3);
    peer.send(FrameType.data, Flag.endStream, 3, Buffer.concat([message(Buffer.from('a')), message(Buffer.from('b'))]));
    assert.equal(await status(3), '200 13 Too many requests');
    beginOpen(peer, 5);
    peer.send(FrameType.data, Flag.endStream, 5, message(Buffer.from('hello')).subarray(0, 7));
    assert.equal(await status(5), '200 13 Half-closed without a request');
    beginOpen(peer, 7, echo.openCollect.path);
    peer.send(FrameType.data, Flag.endStream, 7, message(Buffer.from('hello')).subarray(0, 7));
    assert.equal(await status(7), '200 13 The stream ended inside a message');
  });

  it('when it is not gRPC', async () => {
    peer.headers(1, [':method', 'POST', ':scheme', 'http', ':path', echo.open.path, 'content-type', 'text/plain'], 5);
    assert.equal(await status(1), '415 13 Content-Type is not application/grpc');
    peer.headers(3, [':method', 'GET', ':scheme', 'http', ':path', echo.open.path, 'content-type', 'application/grpc'], 5);
    assert.equal(await status(3), '405 13 Method not allowed');
  });

  it('when its timeout is none, or has passed', async () => {
    peer.headers(1, request(echo.open.path, ['grpc-timeout', 'soon']));
    assert.equal(await status(1), '200 13 Bad grpc-timeout: soon');
    peer.headers(3, request(echo.openStuck.path, ['grpc-timeout', '2S']));
    peer.headers(5, request(echo.openStuck.path, ['grpc-timeout', '99999999H']));
    await peer.settled();
    server.clock.advance(1999);
    assert.deepEqual(server.events.aborted, []);
    server.clock.advance(2);
    assert.equal(await status(3), '200 4 Deadline of 2000 ms exceeded');
    await peer.settled();
    assert.deepEqual(server.events.aborted, [echo.openStuck.path]);
  });
});

describe('GOAWAY from a client', () => {
  it('lets its calls end', async () => {
    beginOpen(peer, 1);
    peer.send(FrameType.goaway, 0, 0, Buffer.alloc(8));
    peer.send(FrameType.data, Flag.endStream, 1, message(Buffer.from('hello')));
    const reply = await peer.next('reply', (f) => f.type === FrameType.data);
    assert.equal(reply.payload.toString('utf8', 5), 'hello');
  });
});
