import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Program } from './support/program.js';

test('start serves a directory as /, and stop ends it', (t) => {
  const program = new Program(t);
  writeFileSync(join(program.store, 'a.txt'), 'hello\n');
  const started = program.start(program.store);
  assert.equal(started.code, 0, started.err);
  assert.match(started.out, /master +alluxio:\/\/127\.0\.0\.1:\d+/);
  assert.equal(program.fs('cat', '/a.txt').out, 'hello\n');
  const status = program.run(['status']);
  assert.equal(status.code, 0);
  assert.match(status.out, /\/ shows +\/.*data/);
  assert.match(program.run(['stop']).out, /^Stopped/);
  assert.equal(program.run(['status']).code, 1);
  assert.match(program.run(['stop']).out, /^Nothing runs on/);
});

test('what was written is there after a restart, in the store and in the cache', (t) => {
  const program = new Program(t);
  program.start(program.store);
  writeFileSync(program.path('local.txt'), 'written through');
  assert.equal(program.fs('mkdir', '/d').code, 0);
  const copied = program.fs('copyFromLocal', program.path('local.txt'), '/d/f.txt');
  assert.equal(copied.code, 0, copied.err);
  assert.equal(program.fs('persist', '/d/f.txt').code, 0);
  assert.equal(readFileSync(join(program.store, 'd/f.txt'), 'utf8'), 'written through');
  program.run(['stop']);
  program.start(program.store);
  assert.equal(program.fs('cat', '/d/f.txt').out, 'written through');
  assert.match(program.fs('ls', '/d').out, /100% \/d\/f\.txt/);
});

test('what was acknowledged survives kill -9', (t) => {
  const program = new Program(t);
  program.start(program.store);
  assert.equal(program.fs('mkdir', '/kept').code, 0);
  process.kill(program.state().pid, 'SIGKILL');
  const again = program.start(program.store);
  assert.equal(again.code, 0, again.err);
  assert.equal(program.fs('test', '-d', '/kept').code, 0);
});

test('a second start on the same home is refused', (t) => {
  const program = new Program(t);
  program.start(program.store);
  const second = program.start(program.store);
  assert.equal(second.code, 1);
  assert.match(second.err, /Process \d+ runs on .* already/);
});

test('a start that cannot work says why', (t) => {
  const program = new Program(t);
  const cases: [string[], RegExp][] = [
    [[program.path('missing')], /Cannot serve ".*missing": it does not exist/],
    [['gs://bucket/x'], /No Under File System Factory found for: gs:\/\/bucket\/x/],
    [['-Dalluxio.master.worker.timeout=soon'], /alluxio\.master\.worker\.timeout/],
    [['-Dalluxio.security.authentication.type=CUSTOM'], /alluvium\.security\.authentication\.password\.file wanted/],
    [['one', 'two'], /one store wanted/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = program.start(...args);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, message);
  }
  assert.equal(program.run(['status']).code, 1);
});

test('a port that is taken is named', async (t) => {
  const program = new Program(t);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, err } = program.start(`-Dalluxio.master.rpc.port=${port}`, program.store);
  other.close();
  assert.equal(code, 1);
  assert.match(err, new RegExp(`Cannot listen at 127.0.0.1:${port}: another program listens there`));
});

test('the foreground ends in good order at SIGTERM and SIGINT', async (t) => {
  const program = new Program(t);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const server = program.foreground(program.store);
    await server.serving;
    assert.equal(program.fs('ls', '/').code, 0);
    const { code, out } = await server.end(signal);
    assert.equal(code, 0, out);
    assert.equal(program.run(['status']).code, 1);
  }
});

test('format forgets the namespace and leaves the store', (t) => {
  const program = new Program(t);
  program.start(program.store);
  program.fs('mkdir', '/only-here');
  writeFileSync(join(program.store, 'stays.txt'), 'x');
  const whileRunning = program.run(['format', '--yes', ...program.freePorts()]);
  assert.equal(whileRunning.code, 1);
  assert.match(whileRunning.err, /runs on it; stop it first/);
  program.run(['stop']);
  assert.match(program.run(['format', ...program.freePorts()]).err, /--yes wanted/);
  assert.equal(program.run(['format', '--yes', ...program.freePorts()]).code, 0);
  assert.ok(!existsSync(join(program.home, 'journal')));
  program.start(program.store);
  assert.equal(program.fs('test', '-e', '/stays.txt').code, 0);
});

test('CUSTOM authentication asks for the password of the file', (t) => {
  const program = new Program(t);
  const hash = program.run(['hash-password'], 'open sesame\n').out;
  writeFileSync(program.path('passwords'), `ali:${hash}`);
  // The worker of the same process is a client of the master, too.
  const custom = [
    '-Dalluxio.security.authentication.type=CUSTOM',
    `-Dalluvium.security.authentication.password.file=${program.path('passwords')}`,
  ];
  program.start('master', ...custom, program.store);
  const ls = (password: string): number | null =>
    program.run(['--master', program.state().master, '--user', 'ali', `-Dalluvium.security.login.password=${password}`, 'fs', 'ls', '/'])
      .code;
  assert.equal(ls('open sesame'), 0);
  assert.equal(ls('open barley'), 1);
});

test('master and worker run as processes of their own', (t) => {
  const master = new Program(t);
  const worker = new Program(t);
  assert.equal(master.start('master', master.store).code, 0);
  const [host, port] = master.state().master.split(':');
  const started = worker.run([
    'start',
    'worker',
    `-Dalluxio.master.hostname=${host}`,
    `-Dalluxio.master.rpc.port=${port}`,
    ...worker.freePorts().slice(1),
  ]);
  assert.equal(started.code, 0, started.err);
  writeFileSync(master.path('f'), 'over there');
  const copied = master.fs('copyFromLocal', master.path('f'), '/f');
  assert.equal(copied.code, 0, copied.err);
  assert.equal(master.fs('cat', '/f').out, 'over there');
});

test('a site file in the home counts, and conf tells where a value is from', (t) => {
  const program = new Program(t);
  mkdirSync(join(program.home, 'conf'), { recursive: true });
  writeFileSync(join(program.home, 'conf/alluxio-site.properties'), 'alluxio.master.hostname=node7\n');
  const listed = JSON.parse(program.run(['conf', '--json']).out) as { name: string; value?: string; source: string }[];
  const hostname = listed.find(({ name }) => name === 'alluxio.master.hostname');
  assert.equal(hostname?.value, 'node7');
  assert.equal(hostname.source, 'site file');
});
