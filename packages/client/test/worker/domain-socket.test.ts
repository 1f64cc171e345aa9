import type { ClientOptions } from '@alluvium/client';
import type { Address, Network } from '@alluvium/net';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster } from '../fakes/fake-cluster.js';
import { FakeMachine } from '../fakes/fake-machine.js';
import { bytesOf, patterned } from '../suite/world.js';

const PATH = '/run/worker.sock';
const BYTES = patterned(5000);

/** The addresses of workers that a reader connects to. */
async function connections(prepare: (machine: FakeMachine) => void, options: Partial<ClientOptions> = {}): Promise<unknown[]> {
  const cluster = await FakeCluster.start();
  const machine = new FakeMachine();
  prepare(machine);
  const worker = await cluster.worker('w', 1n << 30n, { domainSocketPath: PATH });
  worker.blocks.set(cluster.file('/f', BYTES, 5000, [['w']])[0]!, BYTES);
  cluster.publish('/f', { domainSocketPath: PATH });
  const addresses: Address[] = [];
  const network: Network = {
    serve: (...args) => cluster.network.serve(...args),
    connect: (address, connecting) => {
      addresses.push(address);
      return cluster.network.connect(address, connecting);
    },
  };
  const fs = await cluster.connect({ network, machine, localHost: 'w', ...options });
  const file = await cluster.run(fs.open('/f'));
  assert.deepEqual(await cluster.run(bytesOf(file)), BYTES);
  const workers = addresses.filter(({ port }) => port === 29_999);
  return [...new Set(workers.map(({ socketPath }) => socketPath ?? 'network'))];
}

test('a worker on this machine is reached by its domain socket when that is here', async () => {
  assert.deepEqual(await connections((machine) => machine.sockets.add(PATH)), [PATH]);
  assert.deepEqual(await connections(() => undefined), ['network']);
});

test('a worker elsewhere is not, unless sockets stand for their workers', async () => {
  const here = (machine: FakeMachine): unknown => machine.sockets.add(PATH);
  assert.deepEqual(await connections(here, { localHost: 'elsewhere' }), ['network']);
  const properties = { 'alluxio.worker.data.server.domain.socket.as.uuid': 'true' };
  assert.deepEqual(await connections(here, { localHost: 'elsewhere', properties }), [PATH]);
});
