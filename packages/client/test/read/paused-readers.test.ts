// Over real connections, because it is their windows that readers share.
import { connect } from '@alluvium/client';
import { grpcNetwork } from '@alluvium/net';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeMaster } from '../fakes/fake-master.js';
import { FakeWorker } from '../fakes/fake-worker.js';
import { nodeClock as clock, nodeRandom as random } from '@alluvium/platform';
import { MIB } from '../suite/world.js';

const served = {
  authenticator: { scheme: 'SIMPLE' as const, authenticate: () => ({ user: 'ada', connectionUser: 'ada' }) },
  maxInboundMessageBytes: 4 * MIB,
};
const LENGTH = 12 * MIB;

test('readers that pause do not stop another one, and their connections are closed in the end', { timeout: 60_000 }, async () => {
  const network = grpcNetwork({ clock, random });
  const master = new FakeMaster();
  const worker = new FakeWorker();
  const [masterServer, workerServer] = await Promise.all(
    [master, worker].map((role) => network.serve({ host: '127.0.0.1', port: 0 }, role.table(), served)),
  );
  const { host, port: dataPort } = workerServer!.address;
  worker.blocks.set(1n, Buffer.alloc(LENGTH, 1));
  master.files.set('/f', {
    path: '/f',
    length: BigInt(LENGTH),
    blockSizeBytes: BigInt(LENGTH),
    completed: true,
    blockIds: [1n],
    fileBlockInfos: [{ offset: 0n, blockInfo: { blockId: 1n, locations: [{ workerAddress: { host, dataPort } }] } }],
  });
  let connections = 0;
  const counted: typeof network = {
    serve: (...args) => network.serve(...args),
    connect: (...args) => {
      const channel = network.connect(...args);
      connections++;
      return {
        address: channel.address,
        unary: (...call) => channel.unary(...call),
        stream: (...call) => channel.stream(...call),
        close: async () => {
          connections--;
          await channel.close();
        },
      };
    },
  };
  const fs = await connect(masterServer!.address, { network: counted, clock, random, user: 'ada' });
  const file = await fs.open('/f');
  const paused = Array.from({ length: 20 }, () => file.chunks()[Symbol.asyncIterator]());
  for (const reading of paused) await reading.next();
  let length = 0;
  for await (const chunk of file.chunks()) length += chunk.length;
  assert.equal(length, LENGTH);
  assert.equal(await file.readAt(5n, new Uint8Array(MIB)), MIB);
  const most = connections;
  assert.ok(most > 5 && most < 12, `${most} connections`);
  for (const reading of paused) await reading.return?.();
  assert.ok(connections < 6, `${connections} connections are left`);
  await fs.close();
  assert.equal(connections, 0);
  await Promise.all([masterServer!.stop(), workerServer!.stop()]);
});
