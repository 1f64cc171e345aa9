import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fail } from '@alluvium/base';
import { customAuthenticator, noAuthenticator, simpleAuthenticator } from '@alluvium/net';
import type { Authenticator, ImpersonationRules, RpcServer } from '@alluvium/net';
import { sasl } from '@alluvium/wire';
import { echo, network, serveEcho } from '../support/echo-service.js';
import { Flag, FrameType, RawPeer, message, request } from '../support/raw-peer.js';

const AUTHENTICATE = '/alluxio.grpc.sasl.SaslAuthenticationService/authenticate';
const { CHALLENGE, SUCCESS } = sasl.SaslMessageType;
const { NOSASL, SIMPLE, CUSTOM } = sasl.ChannelAuthenticationScheme;

type Challenge = Partial<Omit<sasl.SaslMessage, 'message'>> & { readonly plain?: string };

let server: RpcServer;
let peer: RawPeer;

async function start(authenticator: Authenticator = simpleAuthenticator()): Promise<void> {
  server = await serveEcho({ authenticator });
  peer = await RawPeer.connect(server.address.port);
}

async function stop(): Promise<void> {
  peer.destroy();
  await server.stop(0);
}

function challenge(streamId: number, { plain = '\0bob\0noPassword', ...fields }: Challenge): void {
  const body = sasl.SaslMessage.encode({
    messageType: CHALLENGE,
    authenticationScheme: SIMPLE,
    message: Buffer.from(plain),
    clientId: randomUUID(),
    channelRef: 'test',
    ...fields,
  }).finish();
  peer.send(FrameType.data, 0, streamId, message(body));
}

function begin(streamId: number, fields: Challenge = {}): void {
  peer.headers(streamId, request(AUTHENTICATE));
  challenge(streamId, fields);
}

/** `success`, or `code message` of the status that ends the stream. */
async function outcome(streamId: number): Promise<string> {
  const frame = await peer.next(`answer on stream ${streamId}`, (f) => {
    if (f.streamId !== streamId) return false;
    return f.type === FrameType.data || (f.type === FrameType.headers && (f.flags & Flag.endStream) !== 0);
  });
  if (frame.type === FrameType.headers) return statusText(peer.decode(frame));
  const answer = sasl.SaslMessage.decode(frame.payload.subarray(5));
  assert.deepEqual([answer.messageType, answer.message], [SUCCESS, undefined]);
  return 'success';
}

function statusText(trailers: Record<string, string>): string {
  return `${trailers['grpc-status']} ${decodeURIComponent(trailers['grpc-message'] ?? '')}`.trimEnd();
}

/** The reply of `whoami`, or the status that it fails with. */
async function whoami(streamId: number, channelId?: string): Promise<string> {
  peer.headers(streamId, request(echo.whoami.path, channelId === undefined ? [] : ['channel-id', channelId]));
  peer.send(FrameType.data, Flag.endStream, streamId, message(Buffer.alloc(0)));
  const headers = await peer.nextHeaders(streamId);
  if (headers['grpc-status'] !== undefined) return statusText(headers);
  const reply = await peer.next('reply', (f) => f.type === FrameType.data && f.streamId === streamId);
  return reply.payload.toString('utf8', 5);
}

const plainFailed = '16 Plain authentication failed: ';

describe('the handshake', () => {
  beforeEach(() => start());
  afterEach(stop);

  it('believes the name it is given and announces the channel before it says so', async () => {
    const clientId = randomUUID();
    begin(1, { clientId });
    assert.equal(await outcome(1), 'success');
    assert.equal(await whoami(3, clientId), 'bob via bob');
    assert.equal(await whoami(5, clientId.toUpperCase()), 'bob via bob');
  });

  it('takes CUSTOM for SIMPLE, as Java clients of either send', async () => {
    begin(1, { authenticationScheme: CUSTOM });
    assert.equal(await outcome(1), 'success');
  });

  for (const [name, fields, expected] of [
    ['no SASL', { authenticationScheme: NOSASL }, '16 Authentication scheme:NOSASL is not supported'],
    ['an empty password', { plain: '\0bob\0' }, `${plainFailed}No password provided`],
    ['two parts', { plain: 'bob\0pass' }, `${plainFailed}Invalid message format, parts must contain 3 items`],
    ['no message', { plain: '' }, `${plainFailed}Invalid message format, parts must contain 3 items`],
    ['no user', { plain: 'bob\0\0pass' }, `${plainFailed}No authentication identity provided`],
    ['an id that is no UUID', { clientId: 'xx' }, '13 Invalid UUID string: xx'],
    ['SUCCESS from the client', { messageType: SUCCESS }, "16 Server can't process Sasl message type:SUCCESS"],
  ] as const) {
    it(`refuses ${name}`, async () => {
      begin(1, fields);
      assert.equal(await outcome(1), expected);
    });
  }

  it('lets nobody act for another unless told so', async () => {
    begin(1, { plain: 'alice\0bob\0noPassword' });
    const text = await outcome(1);
    assert.ok(
      text.startsWith(
        `${plainFailed}Failed to authenticate client user="bob" connecting to Alluxio server and impersonating as impersonationUser="alice" ` +
          'to access Alluxio file system. User "bob" is not configured to allow any impersonation. Please read the guide',
      ),
      text,
    );
  });

  it('lets everybody act for themselves', async () => {
    const clientId = randomUUID();
    begin(1, { plain: 'bob\0bob\0noPassword', clientId });
    assert.equal(await outcome(1), 'success');
    assert.equal(await whoami(3, clientId), 'bob via bob');
  });

  it('drops both channels when an id is used twice', async () => {
    const clientId = randomUUID();
    begin(1, { clientId });
    assert.equal(await outcome(1), 'success');
    begin(3, { clientId, plain: '\0eve\0noPassword' });
    assert.equal(await outcome(3), `13 Channel: ${clientId} already exists in authentication registry for user: bob`);
    assert.equal(await whoami(5, clientId), `16 Channel: ${clientId} is not authenticated for call: test.Echo/whoami`);
  });

  it('ends the channel with a second challenge', async () => {
    const clientId = randomUUID();
    begin(1, { clientId });
    assert.equal(await outcome(1), 'success');
    challenge(1, { clientId });
    assert.equal(await outcome(1), '13 PLAIN authentication has completed');
    assert.equal(await whoami(3, clientId), `16 Channel: ${clientId} is not authenticated for call: test.Echo/whoami`);
  });

  it('forgets the channel when its stream is half-closed', async () => {
    const clientId = randomUUID();
    begin(1, { clientId });
    assert.equal(await outcome(1), 'success');
    peer.send(FrameType.data, Flag.endStream, 1);
    assert.equal(await outcome(1), '0');
    assert.match(await whoami(3, clientId), /is not authenticated/);
  });

  it('forgets the channel when its stream is reset', async () => {
    const clientId = randomUUID();
    begin(1, { clientId });
    assert.equal(await outcome(1), 'success');
    peer.send(FrameType.rstStream, 0, 1, Buffer.from([0, 0, 0, 8]));
    await peer.settled();
    assert.match(await whoami(3, clientId), /is not authenticated/);
  });

  it('forgets the channel when its connection is lost; until then any connection may use it', async () => {
    const clientId = randomUUID();
    begin(1, { clientId });
    assert.equal(await outcome(1), 'success');
    const first = peer;
    peer = await RawPeer.connect(server.address.port);
    assert.equal(await whoami(1, clientId), 'bob via bob');
    first.destroy();
    await first.closed;
    let answer = '';
    for (let streamId = 3; !answer.includes('is not authenticated'); streamId += 2) answer = await whoami(streamId, clientId);
  });

  it('is asked for before any call of a service that needs it', async () => {
    assert.equal(await whoami(1), '16 Channel Id is missing for call: test.Echo/whoami.');
    const unknown = randomUUID();
    peer.headers(3, request(echo.chat.path, ['channel-id', unknown]));
    const trailers = await peer.nextHeaders(3);
    assert.equal(statusText(trailers), `16 Channel: ${unknown} is not authenticated for call: test.Echo/chat`);
    assert.equal(trailers['channel-id'], unknown);
    assert.equal(await whoami(5, 'not a uuid'), '2');
  });

  it('is not asked for by an open service', async () => {
    peer.headers(1, request(echo.open.path));
    peer.send(FrameType.data, Flag.endStream, 1, message(Buffer.from('hello')));
    const reply = await peer.next('reply', (f) => f.type === FrameType.data);
    assert.equal(reply.payload.toString('utf8', 5), 'hello');
  });
});

describe('impersonation', () => {
  const rules: ImpersonationRules = {
    usersByConnectionUser: new Map([
      ['root', ['*']],
      ['hive', ['alice', 'carol']],
    ]),
    groupsByConnectionUser: new Map([
      ['spark', ['staff']],
      ['presto', ['*']],
    ]),
    groupsOf: (user) => Promise.resolve(user === 'alice' ? ['users', 'staff'] : ['users']),
  };
  beforeEach(() => start(simpleAuthenticator(rules)));
  afterEach(stop);

  for (const [plain, caller] of [
    ['alice\0root\0x', 'alice via root'],
    ['alice\0hive\0x', 'alice via hive'],
    ['alice\0spark\0x', 'alice via spark'],
    ['dave\0presto\0x', 'dave via presto'],
    ['\0hive\0x', 'hive via hive'],
  ] as const) {
    it(`allows ${plain.split('\0').slice(0, 2).join(' by ')}`, async () => {
      const clientId = randomUUID();
      begin(1, { plain, clientId });
      assert.equal(await outcome(1), 'success');
      assert.equal(await whoami(3, clientId), caller);
    });
  }
  for (const plain of ['dave\0hive\0x', 'dave\0spark\0x', 'root\0hive\0x']) {
    it(`refuses ${plain.split('\0').slice(0, 2).join(' by ')}`, async () => {
      begin(1, { plain });
      const [target, user] = plain.split('\0');
      const text = await outcome(1);
      assert.equal(
        text,
        `${plainFailed}Failed to authenticate client user="${user}" connecting to Alluxio master and impersonating as impersonationUser="${target}" ` +
          `to access Alluxio file system. user="${user}" is not configured to impersonate as impersonationUser="${target}".Please read the guide to ` +
          'configure impersonation at https://docs.alluxio.io/os/user/2.9/en/operation/Security.html',
      );
    });
  }
});

describe('passwords', () => {
  const authenticator = customAuthenticator(async (user, password) => {
    await Promise.resolve();
    if (password !== `${user}'s secret`) throw fail('unauthenticated', 'Wrong password');
  });
  beforeEach(() => start(authenticator));
  afterEach(stop);

  it('are asked of a provider', async () => {
    const channel = network().connect(server.address, { user: 'alice', password: "alice's secret" });
    assert.equal((await channel.unary(echo.whoami, Buffer.alloc(0))).toString(), 'alice via alice');
    await channel.close();
    const wrong = network().connect(server.address, { user: 'alice', password: 'guess' });
    await assert.rejects(wrong.unary(echo.whoami, Buffer.alloc(0)), {
      kind: 'unauthenticated',
      message: 'Plain authentication failed: Wrong password',
    });
    await wrong.close();
  });

  it('are asked for before impersonation is looked at', async () => {
    begin(1, { plain: "alice\0bob\0alice's secret" });
    assert.equal(await outcome(1), `${plainFailed}Wrong password`);
  });

  it('are of no use to a client that went away while they were checked', async () => {
    const clientId = randomUUID();
    begin(1, { clientId, plain: "\0bob\0bob's secret" });
    peer.send(FrameType.rstStream, 0, 1, Buffer.from([0, 0, 0, 8]));
    await peer.settled();
    assert.match(await whoami(3, clientId), /is not authenticated/);
  });
});

describe('a server without authentication', () => {
  beforeEach(() => start(noAuthenticator));
  afterEach(stop);

  it('has no handshake and needs none', async () => {
    begin(1);
    assert.equal(await outcome(1), '12 Method not found: alluxio.grpc.sasl.SaslAuthenticationService/authenticate');
    peer.headers(3, request(echo.unary.path));
    peer.send(FrameType.data, Flag.endStream, 3, message(Buffer.from('hello')));
    const reply = await peer.next('reply', (f) => f.type === FrameType.data && f.streamId === 3);
    assert.equal(reply.payload.toString('utf8', 5), 'hello');
  });

  it('has callers without a name', async () => {
    const channel = network().connect(server.address, {});
    assert.equal((await channel.unary(echo.whoami, Buffer.alloc(0))).toString(), ' via ');
    await channel.close();
  });

  it('tells our client so', async () => {
    const channel = network().connect(server.address, { user: 'alice' });
    await assert.rejects(channel.unary(echo.unary, Buffer.alloc(0)), {
      kind: 'unauthenticated',
      message: `Authentication is disabled on 127.0.0.1:${server.address.port}`,
    });
    await channel.close();
    const plain = network().connect(server.address, {});
    assert.equal((await plain.unary(echo.unary, Buffer.from('hello'))).toString(), 'hello');
    await plain.close();
  });
});

describe('our client', () => {
  beforeEach(() => start());
  afterEach(stop);

  it('authenticates again when the server has forgotten it', async () => {
    const channel = network().connect(server.address, { user: 'alice' });
    const channelId = (await channel.unary(echo.header, Buffer.from('channel-id'))).toString();
    begin(1, { clientId: channelId });
    assert.match(await outcome(1), /already exists/);
    assert.equal((await channel.unary(echo.whoami, Buffer.alloc(0))).toString(), 'alice via alice');
    const newId = (await channel.unary(echo.header, Buffer.from('channel-id'))).toString();
    assert.notEqual(newId, channelId);
    await channel.close();
    assert.match(await whoami(3, newId), /is not authenticated/);
  });

  it('impersonates', async () => {
    const channel = network().connect(server.address, { user: 'bob', impersonate: 'alice' });
    await assert.rejects(channel.unary(echo.whoami, Buffer.alloc(0)), { kind: 'unauthenticated', message: /impersonationUser="alice"/ });
    await channel.close();
  });
});
