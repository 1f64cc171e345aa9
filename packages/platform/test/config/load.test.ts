import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  integerOption,
  listConfiguration,
  loadConfiguration,
  parseDefinitions,
  portOption,
  redacted,
  stringOption,
  takeDefinitions,
} from '@alluvium/platform';

const HOST = stringOption({ name: 'alluxio.master.hostname', doc: 'where', default: 'localhost' });
const PORT = portOption({ name: 'alluxio.master.rpc.port', doc: 'port', default: '19998' });
const SECRET = stringOption({ name: 'alluvium.login.secret', doc: 's', secret: true });
const USERS = stringOption({ name: 'alluxio.master.security.impersonation.<user>.users', doc: 'u' });
const OPTIONS = [HOST, PORT, SECRET, USERS];

test('a flag wins over the environment, that over the site file, that over the default', () => {
  const site = { path: '/conf/site', text: 'alluxio.master.hostname=site\nalluxio.master.rpc.port=1' };
  const environment = { ALLUXIO_MASTER_HOSTNAME: 'env' };
  const load = (texts: Parameters<typeof loadConfiguration>[1]): string => loadConfiguration(OPTIONS, texts).configuration.get(HOST);
  assert.equal(load({}), 'localhost');
  assert.equal(load({ siteFile: site }), 'site');
  assert.equal(load({ siteFile: site, environment }), 'env');
  assert.equal(load({ siteFile: site, environment: { ...environment, ALLUXIO_JAVA_OPTS: '-Dalluxio.master.hostname=java' } }), 'java');
  assert.equal(load({ siteFile: site, environment, flags: { 'alluxio.master.hostname': 'flag' } }), 'flag');
});

test('each value keeps where it came from', () => {
  const { configuration } = loadConfiguration(OPTIONS, {
    siteFile: { path: '/conf/site', text: '#\nalluxio.master.rpc.port=1' },
    environment: { ALLUXIO_MASTER_HOSTNAME: 'env' },
    flags: { 'alluvium.login.secret': 'x' },
  });
  assert.deepEqual(configuration.source(PORT), { value: '1', source: 'site file', detail: '/conf/site:2' });
  assert.deepEqual(configuration.source(HOST), { value: 'env', source: 'environment', detail: 'ALLUXIO_MASTER_HOSTNAME' });
  assert.equal(configuration.source(SECRET)?.source, 'flag');
});

test('a secret may come from a file, anything else may not', () => {
  const read: string[] = [];
  const { configuration } = loadConfiguration(OPTIONS, {
    environment: { ALLUVIUM_LOGIN_SECRET_FILE: '/run/secret', ALLUXIO_MASTER_HOSTNAME_FILE: '/run/host' },
    readFile: (path) => {
      read.push(path);
      return 'hush\n';
    },
  });
  assert.equal(configuration.get(SECRET), 'hush');
  assert.equal(configuration.get(HOST), 'localhost');
  assert.deepEqual(read, ['/run/secret']);
});

test('a name that nobody declares warns and suggests', () => {
  const { warnings } = loadConfiguration(OPTIONS, {
    flags: {
      'alluxio.master.hostnam': 'x',
      'alluxio.zzzzzzzzzzzzzz': 'y',
      'other.tool.key': 'z',
      'alluxio.master.security.impersonation.hive.users': '*',
    },
  });
  assert.deepEqual(warnings, [
    'Unknown property alluxio.master.hostnam (flag, -Dalluxio.master.hostnam) has no effect; did you mean alluxio.master.hostname?',
    'Unknown property alluxio.zzzzzzzzzzzzzz (flag, -Dalluxio.zzzzzzzzzzzzzz) has no effect',
  ]);
});

test('a value that does not parse stops the start, with its place', () => {
  const siteFile = { path: '/conf/site', text: 'alluxio.master.rpc.port=many' };
  assert.throws(() => loadConfiguration(OPTIONS, { siteFile }), {
    kind: 'invalidArgument',
    message: 'Cannot use "many" for alluxio.master.rpc.port: a port from 0 to 65535 wanted (site file, /conf/site:1)',
  });
  assert.throws(() => loadConfiguration(OPTIONS, { siteFile: { path: '/s', text: 'a=\\u1' } }), /Cannot read "\/s": Cannot read line 1/);
  const secret = integerOption({ name: 'alluvium.pin', doc: 'p', secret: true });
  assert.throws(
    () => loadConfiguration([secret], { flags: { 'alluvium.pin': 'hush' } }),
    (error: Error) => !error.message.includes('hush'),
  );
});

test('a listing shows every option with its source, never a secret', () => {
  const flags = { 'alluvium.login.secret': 'hush', 'alluxio.master.mount.table.root.option.aws.secretKey': 'hush', 'x.y': 'plain' };
  const list = listConfiguration(loadConfiguration(OPTIONS, { flags }).configuration, OPTIONS);
  assert.ok(!JSON.stringify(list).includes('hush'));
  assert.deepEqual(
    list.map(({ name, value, source }) => [name, value, source]),
    [
      ['alluvium.login.secret', '******', 'flag'],
      ['alluxio.master.hostname', 'localhost', 'default'],
      ['alluxio.master.mount.table.root.option.aws.secretKey', '******', 'flag'],
      ['alluxio.master.rpc.port', '19998', 'default'],
      ['x.y', 'plain', 'flag'],
    ],
  );
});

test('which names are secret without a declaration', () => {
  for (const name of [
    'aws.secretKey',
    's3a.accessKeyId',
    'fs.gcs.accessKeyId',
    'alluxio.x.password',
    'auth.token',
    'fs.azure.account.key.foo',
  ]) {
    assert.equal(redacted(name, 'v'), '******', name);
  }
  for (const name of ['alluxio.master.hostname', 'alluxio.user.key.count', 'alluxio.tokenizer.size'])
    assert.equal(redacted(name, 'v'), 'v', name);
});

test('-D definitions are read from a shell-like line and taken from arguments', () => {
  assert.deepEqual(parseDefinitions(`-Xmx4g -Da.b=1 -Dc="x y" '-Dd=it''s' -De=\\"q -Df -Dg=`), {
    'a.b': '1',
    c: 'x y',
    d: 'its',
    e: '"q',
    f: 'true',
    g: '',
  });
  assert.deepEqual(takeDefinitions(['fs', '-Da=1=2', 'ls', '-D', '--', '-Db=2']), {
    definitions: { a: '1=2' },
    rest: ['fs', 'ls', '-D', '--', '-Db=2'],
  });
});
