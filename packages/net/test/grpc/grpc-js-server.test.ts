import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { RpcChannel } from '@alluvium/net';
import { echo, network } from '../support/echo-service.js';
import { serveGrpcJs } from '../support/grpc-js.js';
import type { GrpcJsServer } from '../support/grpc-js.js';

describe('our client and a server of grpc-js', () => {
  let server: GrpcJsServer;
  let channel: RpcChannel;
  before(async () => {
    server = await serveGrpcJs();
    channel = network().connect(server.address, {});
  });
  after(async () => {
    await channel.close();
    server.stop();
  });

  it('calls with requests and replies of every size', async () => {
    for (const size of [0, 1, 16_379, 16_384, 65_530, 1_048_571, 20_000_000]) {
      const request = randomBytes(size);
      assert.deepEqual(await channel.unary(echo.unary, request), request, `${size} bytes`);
    }
  });

  it('makes many calls at a time', async () => {
    const replies = await Promise.all(Array.from({ length: 500 }, (_, i) => channel.unary(echo.unary, Buffer.from(`call ${i}`))));
    replies.forEach((reply, i) => assert.equal(reply.toString(), `call ${i}`));
  });

  it('sends headers', async () => {
    assert.equal((await channel.unary(echo.header, Buffer.from('x-test'), { headers: { 'X-Test': 'yes' } })).toString(), 'yes');
  });

  it('sees kind and text of errors', async () => {
    for (const [code, kind, message] of [
      [5, 'notFound', 'Path "/a" does not exist.'],
      [6, 'alreadyExists', 'ä€😀 100% %41'],
      [7, 'permissionDenied', 'line\nbreak'],
      [14, 'unavailable', 'gone'],
    ] as const) {
      await assert.rejects(channel.unary(echo.failing, Buffer.from(`${code}|${message}`)), { kind, message });
    }
    await assert.rejects(channel.unary(echo.missing, Buffer.alloc(0)), { kind: 'unimplemented' });
  });

  it('reads a stream', async () => {
    const stream = channel.stream(echo.count);
    await stream.write(Buffer.from('20 1048576'));
    stream.end();
    for (let i = 0; i < 20; i++) assert.deepEqual(await stream.read(), Buffer.alloc(1_048_576, i));
    assert.equal(await stream.read(), undefined);
  });

  it('talks both ways', async () => {
    const stream = channel.stream(echo.chat);
    for (let i = 0; i < 10; i++) {
      await stream.write(Buffer.from(`message ${i}`));
      assert.equal((await stream.read())?.toString(), `message ${i}`);
    }
    stream.end();
    assert.equal(await stream.read(), undefined);
  });

  it('gives up at the deadline', async () => {
    await assert.rejects(channel.unary(echo.hanging, Buffer.alloc(0), { timeoutMs: 30 }), { kind: 'deadlineExceeded' });
    assert.equal(await server.cancelled, '/test.Echo/hanging');
  });

  it('holds the server back when it does not read', async () => {
    const stream = channel.stream(echo.count);
    await stream.write(Buffer.from('16384 65536'));
    stream.end();
    for (let i = 0; i < 50; i++) await channel.unary(echo.unary, Buffer.alloc(0));
    assert.ok(server.progress.written < 400, `${server.progress.written} of 16384 messages written`);
    stream.cancel();
    await assert.rejects(stream.read(), { kind: 'cancelled' });
  });

  it('is held back by a server that does not read', async () => {
    const stream = channel.stream(echo.stuck);
    let taken = 0;
    const writing = (async () => {
      for (; taken < 1000; taken++) await stream.write(Buffer.alloc(65_536));
    })();
    const cancelled = assert.rejects(writing, { kind: 'cancelled' });
    for (let i = 0; i < 50; i++) await channel.unary(echo.unary, Buffer.alloc(0));
    assert.ok(taken < 200, `${taken} of 1000 messages taken`);
    stream.cancel();
    await cancelled;
  });
});
