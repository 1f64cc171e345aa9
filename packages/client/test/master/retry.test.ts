import { fail } from '@alluvium/base';
import { connect } from '@alluvium/client';
import { fileMethods } from '@alluvium/client/master/services.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, MASTER } from '../fakes/fake-cluster.js';
import { FakeMaster } from '../fakes/fake-master.js';
import { rejectsWith } from '../suite/world.js';

const served = {
  authenticator: { scheme: 'SIMPLE' as const, authenticate: () => ({ user: 'ada', connectionUser: 'ada' }) },
  maxInboundMessageBytes: 1 << 20,
};

for (const kind of ['unavailable', 'cancelled'] as const) {
  test(`a call that fails with ${kind} is repeated under the same operation id`, async () => {
    const cluster = await FakeCluster.start();
    const fs = await cluster.connect();
    cluster.master.fails = (_, nth) => (nth <= 3 ? fail(kind, 'not now') : undefined);
    await cluster.run(fs.createDirectory('/d', { writeType: 'MUST_CACHE' }));
    const ids = cluster.master.requests(fileMethods.createDirectory).map(({ options }) => options?.commonOptions?.operationId);
    assert.equal(ids.length, 4);
    for (const id of ids) assert.deepEqual(id, ids[0]);
    assert.ok((ids[0]?.mostSignificantBits ?? 0n) !== 0n);
    await cluster.run(fs.createDirectory('/e', { writeType: 'MUST_CACHE' }));
    const next = cluster.master.requests(fileMethods.createDirectory).at(-1)?.options?.commonOptions?.operationId;
    assert.notDeepEqual(next, ids[0]);
  });
}

test('a connection that breaks is a temporary failure', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  cluster.network.cut(MASTER);
  cluster.clock.schedule(20_000, () => cluster.network.heal(MASTER));
  await cluster.run(fs.createDirectory('/d', { writeType: 'MUST_CACHE' }));
  assert.equal(cluster.master.requests(fileMethods.createDirectory).length, 1);
  assert.ok(cluster.clock.monotonicMs() >= 20_000);
});

for (const kind of [
  'notFound',
  'alreadyExists',
  'permissionDenied',
  'internal',
  'unauthenticated',
  'resourceExhausted',
  'unimplemented',
] as const) {
  test(`${kind} is an answer and is not repeated`, async () => {
    const cluster = await FakeCluster.start();
    const fs = await cluster.connect();
    cluster.master.fails = () => fail(kind, 'as it is');
    await rejectsWith(kind, cluster.run(fs.createDirectory('/d', { writeType: 'MUST_CACHE' })));
    assert.equal(cluster.master.calls.length, 1);
  });
}

test('after two minutes of failures the last one is told', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  cluster.network.cut(MASTER);
  const fromMs = cluster.clock.monotonicMs();
  await assert.rejects(cluster.run(fs.status('/d')), {
    kind: 'unavailable',
    message: /^Cannot get an answer of master:19998 after \d+ attempts: .*refused/,
  });
  const tookMs = cluster.clock.monotonicMs() - fromMs;
  assert.ok(tookMs >= 119_000 && tookMs <= 124_000, `${tookMs}`);
});

test('pauses grow from 50 ms to 3 s, and differ by chance', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  const atMs: number[] = [];
  cluster.master.fails = () => {
    atMs.push(cluster.clock.monotonicMs());
    return fail('unavailable', 'not now');
  };
  await rejectsWith('unavailable', cluster.run(fs.status('/d')));
  const pauses = atMs.slice(1).map((ms, i) => ms - atMs[i]!);
  pauses.slice(0, -1).forEach((pause, i) => {
    const full = Math.min(3000, 50 * 2 ** i);
    assert.ok(pause >= full / 2 && pause <= full, `pause ${i} is ${pause} of ${full}`);
  });
  assert.ok(new Set(pauses.slice(8).map(Math.round)).size > 3);
});

test('an abort ends the wait between two attempts', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  cluster.network.cut(MASTER);
  const controller = new AbortController();
  cluster.clock.schedule(10_000, () => controller.abort());
  await rejectsWith('cancelled', cluster.run(fs.status('/d', { signal: controller.signal })));
  assert.equal(cluster.clock.monotonicMs(), 10_000);
});

for (const options of [{}, { signal: new AbortController().signal }]) {
  test(`closing ends the wait between two attempts of a call with ${Object.keys(options).length} options`, async () => {
    const cluster = await FakeCluster.start();
    const fs = await cluster.connect();
    cluster.network.cut(MASTER);
    cluster.clock.schedule(10_000, () => void fs.close());
    await rejectsWith('cancelled', cluster.run(fs.status('/d', options)));
    assert.equal(cluster.clock.monotonicMs(), 10_000);
    await rejectsWith('failedPrecondition', fs.status('/d'));
  });
}

test('of several masters the one that leads is asked, and another one once it leads', async () => {
  const cluster = await FakeCluster.start();
  const second = new FakeMaster();
  await cluster.network.serve({ host: 'second', port: 19998 }, second.table(), served);
  cluster.master.leads = false;
  const { network, clock, random } = cluster;
  const fs = await cluster.run(connect('alluxio://gone:1,master:19998,second:19998', { network, clock, random, user: 'ada' }));
  await cluster.run(fs.createDirectory('/d', { writeType: 'MUST_CACHE' }));
  assert.equal(second.requests(fileMethods.createDirectory).length, 1);
  // It steps down: connections stay, but its file system service is gone.
  second.leads = false;
  clock.schedule(5000, () => {
    cluster.master.leads = true;
  });
  await cluster.run(fs.createDirectory('/e', { writeType: 'MUST_CACHE' }));
  assert.equal(cluster.master.requests(fileMethods.createDirectory).length, 1);
  assert.equal(second.requests(fileMethods.createDirectory).length, 1);
});

test('a cluster that nobody leads is told of when the time is up', async () => {
  const cluster = await FakeCluster.start();
  cluster.master.leads = false;
  const { network, clock, random } = cluster;
  const connecting = connect('master:19998,gone:1', { network, clock, random, user: 'ada', retry: { maxDurationMs: 1000 } });
  await assert.rejects(cluster.run(connecting), { kind: 'unavailable', message: /Cannot find the leading master of master:19998,gone:1/ });
});
