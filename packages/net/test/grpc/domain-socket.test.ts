import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fork } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { simpleAuthenticator } from '@alluvium/net';
import { echo, echoTable, network } from '../support/echo-service.js';

describe('a server at a domain socket', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alluvium-socket-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const options = { authenticator: simpleAuthenticator(), maxInboundMessageBytes: 1 << 20 };
  const at = (name: string) => ({ host: 'anywhere', port: 1, socketPath: join(folder, name) });

  it('answers authenticated calls, is open to every user, and is gone when it has stopped', async () => {
    const address = at('socket');
    const server = await network().serve(address, echoTable(), options);
    assert.equal(statSync(address.socketPath).mode & 0o777, 0o777);
    assert.equal(server.address.socketPath, address.socketPath);
    const channel = network().connect(address, { user: 'alice' });
    assert.equal((await channel.unary(echo.whoami, Buffer.alloc(0))).toString().includes('alice'), true);
    await channel.close();
    await server.stop();
    assert.equal(existsSync(address.socketPath), false);
  });

  it('takes the place of a socket that nobody listens at any more', async () => {
    const address = at('stale');
    const killed = fork('-', [], {
      execArgv: ['-e', `require('net').createServer().listen(${JSON.stringify(address.socketPath)}, () => process.send('up'))`],
    });
    await once(killed, 'message');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    assert.equal(existsSync(address.socketPath), true, 'a killed process leaves its socket');
    const server = await network().serve(address, echoTable(), options);
    await server.stop();
  });

  it('leaves alone what is not its own', async () => {
    const live = at('live');
    const other = createServer().listen(live.socketPath);
    await once(other, 'listening');
    await assert.rejects(network().serve(live, echoTable(), options), {
      kind: 'failedPrecondition',
      message: /another program listens there/,
    });
    other.close();
    const file = at('file');
    writeFileSync(file.socketPath, 'precious');
    await assert.rejects(network().serve(file, echoTable(), options), { kind: 'failedPrecondition', message: /no socket/ });
    await assert.rejects(network().serve(at('x'.repeat(120)), echoTable(), options), { kind: 'failedPrecondition', message: /shorter/ });
  });
});
