import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { RpcChannel, RpcServer } from '@alluvium/net';
import { echo, echoTable, network, serveEcho } from '../support/echo-service.js';
import type { EchoEvents } from '../support/echo-service.js';

describe('our client and our server', () => {
  const events: EchoEvents = { aborted: [] };
  let server: RpcServer;
  let channel: RpcChannel;
  before(async () => {
    server = await serveEcho({ table: echoTable(events), maxInboundMessageBytes: 64 * 2 ** 20 });
    channel = network().connect(server.address, { user: 'alice' });
  });
  after(async () => {
    await channel.close();
    await server.stop(0);
  });

  it('answers unary calls of every size', async () => {
    for (const size of [0, 1, 100, 16_379, 16_384, 65_536, 1_048_571, 3_000_000, 20_000_000]) {
      const request = randomBytes(size);
      assert.deepEqual(await channel.unary(echo.unary, request), request, `${size} bytes`);
    }
    assert.equal((await channel.unary(echo.later, Buffer.from('later'))).toString(), 'later');
  });

  it('runs many calls at a time on one connection', async () => {
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_, i) => channel.unary(i % 2 === 0 ? echo.unary : echo.later, Buffer.from(`call ${i}`))),
    );
    replies.forEach((reply, i) => assert.equal(reply.toString(), `call ${i}`));
  });

  it('knows the caller', async () => {
    assert.equal((await channel.unary(echo.whoami, Buffer.alloc(0))).toString(), 'alice via alice');
  });

  it('carries headers', async () => {
    assert.equal((await channel.unary(echo.header, Buffer.from('x-test'), { headers: { 'x-test': 'yes' } })).toString(), 'yes');
    assert.equal((await channel.unary(echo.header, Buffer.from('x-test'))).toString(), 'none');
  });

  it('carries errors with kind and text', async () => {
    for (const [kind, message] of [
      ['notFound', 'Path "/a" does not exist.'],
      ['alreadyExists', 'ä€😀 100%'],
      ['unknown', ''],
      ['resourceExhausted', 'line\nbreak'],
    ] as const) {
      await assert.rejects(channel.unary(echo.failing, Buffer.from(`${kind}|${message}`)), { name: 'AlluviumError', kind, message });
    }
    await assert.rejects(channel.unary(echo.failing, Buffer.from('defect|oops')), { kind: 'internal', message: 'oops' });
    await assert.rejects(
      channel.unary(echo.failing, Buffer.from(`notFound|${'x'.repeat(20_000)}`)),
      (error: Error) => error.message.length === 4096,
    );
  });

  it('answers a malformed request with internal and goes on', async () => {
    await assert.rejects(channel.unary(echo.unary, Buffer.from('malformed')), {
      kind: 'internal',
      message: 'Invalid protobuf byte sequence: not a message',
    });
    assert.equal((await channel.unary(echo.unary, Buffer.from('fine'))).toString(), 'fine');
  });

  it('answers what it does not have with unimplemented', async () => {
    await assert.rejects(channel.unary(echo.missing, Buffer.alloc(0)), {
      kind: 'unimplemented',
      message: 'Method not found: test.Echo/missing',
    });
    await assert.rejects(channel.unary(echo.elsewhere, Buffer.alloc(0)), {
      kind: 'unimplemented',
      message: 'Method not found: test.Elsewhere/elsewhere',
    });
  });

  it('streams to the client', async () => {
    const stream = channel.stream(echo.count);
    await stream.write(Buffer.from('20 1048576'));
    for (let i = 0; i < 20; i++) assert.deepEqual(await stream.read(), Buffer.alloc(1_048_576, i));
    assert.equal(await stream.read(), undefined);
  });

  it('streams to the server', async () => {
    const stream = channel.stream(echo.collect);
    for (let i = 0; i < 20; i++) await stream.write(Buffer.alloc(1_000_000, i));
    stream.end();
    assert.equal((await stream.read())?.toString(), '20000000');
    assert.equal(await stream.read(), undefined);
  });

  it('streams both ways', async () => {
    const stream = channel.stream(echo.chat);
    for (let i = 0; i < 10; i++) {
      await stream.write(Buffer.from(`message ${i}`));
      assert.equal((await stream.read())?.toString(), `message ${i}`);
    }
    stream.end();
    assert.equal(await stream.read(), undefined);
  });

  it('ends a call at its deadline on both sides', async () => {
    const aborted = new Promise<string>((resolve) => {
      events.onAborted = resolve;
    });
    await assert.rejects(channel.unary(echo.hanging, Buffer.alloc(0), { timeoutMs: 30 }), { kind: 'deadlineExceeded' });
    assert.equal(await aborted, '/test.Echo/hanging');
  });

  it('tells the server that a call was cancelled', async () => {
    const aborted = new Promise<string>((resolve) => {
      events.onAborted = resolve;
    });
    const started = new Promise<void>((resolve) => {
      events.onStuck = resolve;
    });
    const stream = channel.stream(echo.stuck);
    await stream.write(Buffer.from('hello'));
    await started;
    stream.cancel();
    assert.equal(await aborted, '/test.Echo/stuck');
    await assert.rejects(stream.read(), { kind: 'cancelled' });

    const again = new Promise<string>((resolve) => {
      events.onAborted = resolve;
    });
    const controller = new AbortController();
    const call = channel.unary(echo.hanging, Buffer.alloc(0), { signal: controller.signal });
    await channel.unary(echo.unary, Buffer.alloc(0));
    controller.abort();
    await assert.rejects(call, { kind: 'cancelled' });
    assert.equal(await again, '/test.Echo/hanging');
  });
});

describe('message limits', () => {
  it('refuses a message that is larger than the server takes, and goes on', async () => {
    const server = await serveEcho({ maxInboundMessageBytes: 1000 });
    const channel = network().connect(server.address, { user: 'alice' });
    await assert.rejects(channel.unary(echo.unary, Buffer.alloc(1001)), {
      kind: 'resourceExhausted',
      message: 'gRPC message exceeds maximum size 1000: 1001',
    });
    assert.equal((await channel.unary(echo.unary, Buffer.alloc(1000))).length, 1000);
    await channel.close();
    await server.stop(0);
  });

  it('refuses a reply that is larger than the client takes', async () => {
    const server = await serveEcho();
    const channel = network().connect(server.address, { user: 'alice', maxInboundMessageBytes: 1000 });
    const stream = channel.stream(echo.count);
    await stream.write(Buffer.from('1 1001'));
    await assert.rejects(stream.read(), { kind: 'resourceExhausted' });
    await channel.close();
    await server.stop(0);
  });
});

describe('loss of the connection', () => {
  it('fails calls with unavailable and connects again', async () => {
    let server = await serveEcho();
    const { port } = server.address;
    const channel = network().connect(server.address, { user: 'alice' });
    await channel.unary(echo.unary, Buffer.alloc(0));
    const hanging = channel.unary(echo.hanging, Buffer.alloc(0));
    const lost = assert.rejects(hanging, { kind: 'unavailable' });
    await channel.unary(echo.unary, Buffer.alloc(0));
    await server.stop(0);
    await lost;
    await assert.rejects(channel.unary(echo.unary, Buffer.alloc(0)), { kind: 'unavailable', message: /^Cannot connect to 127.0.0.1:/ });
    server = await serveEcho({ port });
    assert.equal((await channel.unary(echo.whoami, Buffer.alloc(0))).toString(), 'alice via alice');
    await channel.close();
    await server.stop(0);
  });

  it('lets calls in progress end when the server stops', async () => {
    const server = await serveEcho();
    const channel = network().connect(server.address, { user: 'alice' });
    const stream = channel.stream(echo.chat);
    await stream.write(Buffer.from('one'));
    assert.equal((await stream.read())?.toString(), 'one');
    const stopped = server.stop(60_000);
    await stream.write(Buffer.from('two'));
    assert.equal((await stream.read())?.toString(), 'two');
    stream.end();
    assert.equal(await stream.read(), undefined);
    await stopped;
    await channel.close();
  });
});
