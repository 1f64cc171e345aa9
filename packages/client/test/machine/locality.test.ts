import { Locality, ownPlaces } from '@alluvium/client/machine/locality.js';
import type { LocalMachine } from '@alluvium/client/machine/local-machine.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worker } from '../placement/workers.js';

const ORDER = { localityOrder: ['node', 'rack'], compareNodeIp: false };

function machine(more: Partial<LocalMachine> = {}): LocalMachine {
  const never = (): Promise<never> => Promise.reject(new Error('not here'));
  return { open: never, isSocket: async () => false, resolve: async () => undefined, output: never, ...more };
}

test('the distance of a worker is the first tier in which it is where the program is', () => {
  const here = new Locality(
    'host',
    new Map([
      ['node', 'n1'],
      ['rack', 'r1'],
    ]),
  );
  const distances = [
    worker('a', 1, 0, { node: 'n1', rack: 'r9' }),
    worker('b', 1, 0, { node: 'n2', rack: 'r1' }),
    worker('c', 1, 0, { node: 'n2', rack: 'r2' }),
    worker('d', 1),
  ].map((one) => here.distance(one, ORDER));
  assert.deepEqual(distances, [0, 1, 2, 2]);
});

test('whoever names no node is on the node of its host, and nobody is in the same unnamed rack', () => {
  const here = new Locality('w1', new Map());
  assert.equal(here.distance(worker('w1', 1, 0, { rack: '' }), ORDER), 0);
  assert.equal(here.distance(worker('w2', 1, 0, { rack: '' }), ORDER), 2);
  assert.ok(here.isHere(worker('w1', 1), ORDER));
  assert.ok(!here.isHere(worker('w1', 1), { ...ORDER, localityOrder: ['rack', 'node'] }), 'files are opened on the same node only');
});

test('nodes of two names and one address are one when addresses are compared', async () => {
  const addresses: Record<string, string> = { localhost: '10.0.0.1', 'node.example': '10.0.0.1', other: '10.0.0.2' };
  const asked: string[] = [];
  const resolve = async (host: string): Promise<string | undefined> => {
    asked.push(host);
    return addresses[host];
  };
  const here = new Locality('localhost', new Map(), machine({ resolve }));
  const order = { ...ORDER, compareNodeIp: true };
  const workers = ['node.example', 'other', 'unknown'].map((host) => worker(host, 1));
  await here.learn(workers, order);
  await here.learn(workers, order);
  assert.deepEqual(
    workers.map((one) => here.distance(one, order)),
    [0, 2, 2],
  );
  assert.equal(asked.length, 4, 'each name is asked for once');
  assert.deepEqual(
    workers.map((one) => here.distance(one, ORDER)),
    [2, 2, 2],
  );
});

test('places are those of the properties, then those of the script', async () => {
  const output = async (path: string): Promise<string> => (path === '/s.sh' ? 'node=scripted, rack=r7\n' : 'rack');
  const properties = { 'alluxio.locality.script': '/s.sh', 'alluxio.locality.node': 'named', 'alluxio.locality.order': 'node,rack' };
  const places = await ownPlaces(properties, machine({ output }));
  assert.deepEqual([...places].sort(), [
    ['node', 'named'],
    ['rack', 'r7'],
  ]);
  for (const script of ['/odd.sh', '/missing.sh'])
    await assert.rejects(ownPlaces({ 'alluxio.locality.script': script }, machine(script === '/odd.sh' ? { output } : {})), {
      kind: 'failedPrecondition',
    });
});
