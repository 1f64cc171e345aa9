import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { RpcServer } from '@alluvium/net';
import { echo, echoTable, serveEcho } from '../support/echo-service.js';
import type { EchoEvents } from '../support/echo-service.js';
import { GrpcJsClient, errorOf, status } from '../support/grpc-js.js';

describe('a client of grpc-js and our server', () => {
  const events: EchoEvents = { aborted: [] };
  let server: RpcServer;
  let client: GrpcJsClient;
  before(async () => {
    server = await serveEcho({ table: echoTable(events), maxInboundMessageBytes: 64 * 2 ** 20 });
    client = await GrpcJsClient.open(server);
  });
  after(async () => {
    await client.close();
    await server.stop(0);
  });

  it('calls with requests and replies of every size', async () => {
    for (const size of [0, 1, 16_379, 16_384, 65_530, 1_048_571, 20_000_000]) {
      const request = randomBytes(size);
      assert.deepEqual(await client.unary(echo.unary, request), request, `${size} bytes`);
    }
  });

  it('makes many calls at a time', async () => {
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_, i) => client.unary(i % 2 === 0 ? echo.unary : echo.later, Buffer.from(`call ${i}`))),
    );
    replies.forEach((reply, i) => assert.equal(reply.toString(), `call ${i}`));
  });

  it('sends metadata', async () => {
    const metadata = client.metadata.clone();
    metadata.set('x-test', 'a value');
    const { reply, trailers } = await client.unaryWithMetadata(echo.header, Buffer.from('x-test'), metadata);
    assert.equal(reply.toString(), 'a value');
    assert.deepEqual(trailers.getMap(), {});
  });

  it('sees code and text of errors', async () => {
    for (const [kind, code, message] of [
      ['notFound', status.NOT_FOUND, 'Path "/a" does not exist.'],
      ['alreadyExists', status.ALREADY_EXISTS, 'ä€😀 100% %41'],
      ['permissionDenied', status.PERMISSION_DENIED, 'line\nbreak\ttab'],
      ['unavailable', status.UNAVAILABLE, ''],
    ] as const) {
      await assert.rejects(client.unary(echo.failing, Buffer.from(`${kind}|${message}`)), { code, details: message });
    }
    await assert.rejects(client.unary(echo.missing, Buffer.alloc(0)), {
      code: status.UNIMPLEMENTED,
      details: 'Method not found: test.Echo/missing',
    });
    await assert.rejects(client.unary(echo.failing, Buffer.from(`notFound|${'€'.repeat(5000)}`)), {
      code: status.NOT_FOUND,
      details: /^€+\.\.\.$/,
    });
  });

  it('reads a stream', async () => {
    let at = 0;
    for await (const message of client.serverStream(echo.count, Buffer.from('20 1048576'))) {
      assert.deepEqual(message, Buffer.alloc(1_048_576, at++));
    }
    assert.equal(at, 20);
  });

  it('talks both ways', async () => {
    const chat = client.bidi(echo.chat);
    for (let i = 0; i < 10; i++) {
      chat.write(Buffer.from(`message ${i}`));
      const [answer] = (await once(chat, 'data')) as [Buffer];
      assert.equal(answer.toString(), `message ${i}`);
    }
    chat.end();
    const [end] = (await once(chat, 'status')) as [{ code: number }];
    assert.equal(end.code, status.OK);
  });

  it('is told of the deadline, and the handler too', async () => {
    const aborted = new Promise<string>((resolve) => {
      events.onAborted = resolve;
    });
    await assert.rejects(client.unary(echo.hanging, Buffer.alloc(0), { deadline: Date.now() + 30 }), { code: status.DEADLINE_EXCEEDED });
    assert.equal(await aborted, '/test.Echo/hanging');
  });

  it('cancels', async () => {
    const aborted = new Promise<string>((resolve) => {
      events.onAborted = resolve;
    });
    const stuck = new Promise<void>((resolve) => {
      events.onStuck = resolve;
    });
    const stream = client.bidi(echo.stuck);
    const error = errorOf(stream);
    await stuck;
    stream.cancel();
    assert.equal((await error).code, status.CANCELLED);
    assert.equal(await aborted, '/test.Echo/stuck');
  });

  it('that does not read holds the writer back', async () => {
    events.written = 0;
    const stream = client.serverStream(echo.count, Buffer.from('16384 65536'));
    stream.pause();
    for (let i = 0; i < 50; i++) await client.unary(echo.later, Buffer.alloc(0));
    assert.ok(events.written > 0 && events.written < 160, `${events.written} of 16384 messages written`);
    const error = errorOf(stream);
    stream.cancel();
    assert.equal((await error).code, status.CANCELLED);
  });

  it('that sends to a handler which does not read is held back', async () => {
    const stream = client.bidi(echo.stuck);
    let taken = 0;
    for (let i = 0; i < 1000; i++) stream.write(Buffer.alloc(65_536), () => taken++);
    for (let i = 0; i < 50; i++) await client.unary(echo.later, Buffer.alloc(0));
    assert.ok(taken < 200, `${taken} of 1000 messages taken`);
    const error = errorOf(stream);
    stream.cancel();
    await error;
  });

  it('reads a hundred streams at a time', async () => {
    const sums = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        let bytes = 0;
        for await (const message of client.serverStream(echo.count, Buffer.from(`${i} 10000`))) bytes += (message as Buffer).length;
        return bytes;
      }),
    );
    sums.forEach((bytes, i) => assert.equal(bytes, i * 10_000));
  });
});
