import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ServiceTable, noAuthenticator } from '@alluvium/net';
import type { ClientStream, RpcChannel, RpcServer } from '@alluvium/net';
import { echo, network } from '../support/echo-service.js';

const MIB = 1 << 20;

describe('a streaming call that may be answered at once', () => {
  let server: RpcServer | undefined;
  let channel: RpcChannel | undefined;
  afterEach(async () => {
    await channel?.close();
    await server?.stop();
  });

  let sent = 0;

  /** `now N` is answered at once with N bytes, anything else by the handler, which tells everything that it reads. */
  async function serve(): Promise<RpcChannel> {
    sent = 0;
    const table = new ServiceTable().stream(
      echo.chat,
      async (stream) => {
        for (let message = await stream.read(); message !== undefined; message = await stream.read())
          await stream.write(Buffer.concat([Buffer.from('handler: '), message]));
      },
      (request) => {
        const [word, bytes] = request.toString().split(' ');
        if (word === 'defect') throw new TypeError('broken');
        return word === 'now' ? { message: Buffer.alloc(Number(bytes), 7), onSent: () => sent++ } : undefined;
      },
    );
    server = await network().serve({ host: '127.0.0.1', port: 0 }, table, { authenticator: noAuthenticator, maxInboundMessageBytes: MIB });
    return network().connect(server.address, {});
  }

  for (const bytes of [0, 4096, 16_384, 100_000, 5 * MIB]) {
    it(`gets ${bytes} bytes and OK, and tells once that they are sent`, async () => {
      channel = await serve();
      for (let i = 0; i < 3; i++) {
        const stream: ClientStream<Buffer, Buffer> = channel.stream(echo.chat);
        await stream.write(Buffer.from(`now ${bytes}`));
        assert.equal((await stream.read())!.length, bytes);
        assert.equal(await stream.read(), undefined);
      }
      assert.equal(sent, 3);
    });
  }

  it('goes to its handler with the message that was looked at, and those behind it', async () => {
    channel = await serve();
    const stream = channel.stream(echo.chat);
    for (const word of ['one', 'now 5']) {
      await stream.write(Buffer.from(word));
      assert.equal((await stream.read())!.toString(), `handler: ${word}`);
    }
    stream.end();
    assert.equal(await stream.read(), undefined);
  });

  it('ends well without a message, and badly with one that is none or with a defect', async () => {
    channel = await serve();
    const silent = channel.stream(echo.chat);
    silent.end();
    assert.equal(await silent.read(), undefined);
    const malformed = channel.stream(echo.chat);
    await malformed.write(Buffer.from('malformed'));
    await assert.rejects(malformed.read(), { kind: 'internal' });
    const defect = channel.stream(echo.chat);
    await defect.write(Buffer.from('defect'));
    await assert.rejects(defect.read(), { kind: 'internal' });
  });

  it('is over when it is cancelled before its first message', async () => {
    channel = await serve();
    const stream = channel.stream(echo.chat);
    stream.cancel();
    await assert.rejects(stream.read(), { kind: 'cancelled' });
    const next = channel.stream(echo.chat);
    await next.write(Buffer.from('now 3'));
    assert.equal((await next.read())!.length, 3);
  });
});
