import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { Socket, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { open, temporaryDirectory } from './support/subjects.js';
import { scriptedServer, hasObject } from './support/scripted-server.js';

interface Watch {
  /** What this process tried to connect to. */
  readonly connected: string[];
  /** Paths that the machine's metadata service was asked for. It is a server of ours on a loopback port. */
  readonly asked: string[];
}

/** An environment without credentials; nothing but loopback can be connected to. */
async function bareMachine(t: TestContext): Promise<Watch> {
  const asked: string[] = [];
  const metadata = createServer((request, response) => {
    asked.push(request.url!);
    const role = request.url!.endsWith('security-credentials/role');
    const keys = { Code: 'Success', AccessKeyId: 'instance', SecretAccessKey: 's', Token: 't', Expiration: '2100-01-01T00:00:00Z' };
    response.end(request.method === 'PUT' ? 'token' : role ? JSON.stringify(keys) : 'role');
  });
  await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve));
  t.after(() => (metadata.closeAllConnections(), metadata.close()));
  const connected: string[] = [];
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    const [first] = (Array.isArray(args[0]) ? args[0] : args) as [{ host?: string }];
    connected.push(String(first.host));
    if (!/^(127\.0\.0\.1|localhost)$/.test(String(first.host))) throw new Error(`a test connects to ${first.host}`);
    return (connect as (...given: unknown[]) => Socket).apply(this, args);
  } as typeof connect;
  t.after(() => (Socket.prototype.connect = connect));
  const before = { ...process.env };
  t.after(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  const home = await temporaryDirectory(t);
  process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`;
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = `${home}/credentials`;
  process.env['AWS_CONFIG_FILE'] = `${home}/config`;
  return { connected, asked };
}

test('the metadata address of a cloud machine is never asked unless told to', async (t) => {
  const watch = await bareMachine(t);
  const store = open(t, 's3://bucket');
  await assert.rejects(store.status('f'), { kind: 'permissionDenied' });
  await assert.rejects(store.status('f'), { kind: 'permissionDenied' });
  assert.deepEqual(watch, { connected: [], asked: [] });
});

test('a machine that may be asked gives its credentials', async (t) => {
  const watch = await bareMachine(t);
  const server = await scriptedServer(t);
  const store = open(t, 's3://bucket', {
    'alluvium.underfs.s3.instance.credentials': 'true',
    'alluxio.underfs.s3.endpoint': server.endpoint,
  });
  server.script(hasObject(5));
  assert.equal((await store.status('f'))?.length, 5);
  assert.ok(watch.asked.some((path) => path.endsWith('security-credentials/role')));
  assert.match(server.seen[0]!.headers.authorization!, /Credential=instance\//);
});

test('an address of container credentials in the environment is refused, not asked', async (t) => {
  const watch = await bareMachine(t);
  const server = await scriptedServer(t);
  process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] = `${server.endpoint}/credentials`;
  const store = open(t, 's3://bucket');
  await assert.rejects(store.status('f'), { kind: 'permissionDenied', message: /container credentials address/ });
  assert.deepEqual(watch, { connected: [], asked: [] });
  assert.deepEqual(server.seen, []);
  // The reason gone, the same store works.
  delete process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  await assert.rejects(store.status('f'), { kind: 'permissionDenied', message: /redentials/ });
});

test('keys of a mount are used, whatever the environment says', async (t) => {
  const watch = await bareMachine(t);
  process.env['AWS_ACCESS_KEY_ID'] = 'environment';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
  const server = await scriptedServer(t);
  const endpoint = { 'alluxio.underfs.s3.endpoint': server.endpoint };
  server.always(hasObject(5));
  await open(t, 's3://bucket', { ...endpoint, 's3a.accessKeyId': 'mount', 's3a.secretKey': 'x' }).status('f');
  await open(t, 's3://bucket', endpoint).status('f');
  assert.match(server.seen[0]!.headers.authorization!, /Credential=mount\//);
  assert.match(server.seen[1]!.headers.authorization!, /Credential=environment\//);
  assert.deepEqual(watch.asked, []);
});
