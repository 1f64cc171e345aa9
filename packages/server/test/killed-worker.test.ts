// What a worker process that is killed has acknowledged, with the program as it is installed.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sleep } from '@alluvium/base';
import { connect } from '@alluvium/client';
import { nodeClock } from '@alluvium/platform';
import { Program } from './support/program.js';

const FILES = 50;
const PATIENCE_MS = 60_000;

test('50 files written ASYNC_THROUGH reach the store although their worker is killed -9 at once and started again', async (t) => {
  const master = new Program(t);
  const worker = new Program(t);
  assert.equal(master.start('master', master.store).code, 0);
  const [host, port] = master.state().master.split(':');
  const start = [
    'start',
    'worker',
    `-Dalluxio.master.hostname=${host}`,
    `-Dalluxio.master.rpc.port=${port}`,
    ...worker.freePorts().slice(1),
  ];
  assert.equal(worker.run(start).code, 0);
  const fs = await connect({ host: host!, port: Number(port) });
  try {
    const paused = master.run(['--master', `${host}:${port}`, 'fsadmin', 'persist', 'pause', '/', '--reason', 'so that none is in time']);
    assert.equal(paused.code, 0, paused.err);
    const names = Array.from({ length: FILES }, (_, at) => `f${at}`);
    await Promise.all(
      names.map(async (name) => {
        const file = await fs.create(`/${name}`, { writeType: 'ASYNC_THROUGH' });
        await file.write(Buffer.from(`content of ${name}`));
        await file.close();
      }),
    );
    process.kill(worker.state().pid, 'SIGKILL');
    assert.equal(worker.run(start).code, 0);
    const status = master.fs('persist', '--status', '/');
    assert.match(status.out, /^50 files \(\d+B\) to be persisted, the oldest for \d+s\n0 on their way, 50 paused\n/);
    assert.match(status.out, /PAUSED +13B +\d+s +0 +- +\/f0 +persistence to \/ is paused: so that none is in time/);
    await fs.resumePersist('/');
    const untilMs = nodeClock.monotonicMs() + PATIENCE_MS;
    for (let queue = await fs.persistQueue('/'); queue.files + queue.lost > 0n; queue = await fs.persistQueue('/')) {
      assert.ok(nodeClock.monotonicMs() < untilMs, `${queue.files} wait, ${queue.lost} are lost`);
      await sleep(nodeClock, 100);
    }
    for (const name of names) assert.equal(readFileSync(join(master.store, name), 'utf8'), `content of ${name}`);
    assert.deepEqual(readdirSync(join(master.store, '.alluxio_ufs_persistence')), []);
  } finally {
    await fs.close();
  }
});
