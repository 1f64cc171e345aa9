import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { methodsOf } from '@alluvium/net';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Machine } from '../machine.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const FILE = '/home/logs/master_audit.log';
const AUDIT = { 'alluvium.master.audit.log.file': FILE };

async function linesOf(machine: Machine): Promise<string[]> {
  if ((await machine.disk.mount().stat(FILE)) === undefined) return [];
  const text = (await machine.disk.mount().readFile(FILE)).toString();
  return [...text.matchAll(/allowed=(\S+)\tugi=(\S+) .*\tcmd=(\S+)\tsrc=(\S+)/g)].map(([, ...fields]) => fields.join(' '));
}

test('a master keeps an audit log, over restarts, of everybody and of what it refuses', async () => {
  const machine = new Machine(AUDIT);
  const root = await machine.start();
  await root.unary(files.createDirectory, { path: '/d', options: { writeType: fs.WritePType.MUST_CACHE } });
  const alice = machine.connect('alice');
  await assert.rejects(alice.unary(files.remove, { path: '/d' }), { kind: 'permissionDenied' });
  const listing = alice.stream(files.listStatus);
  await listing.write({ path: '/' });
  listing.end();
  while ((await listing.read()) !== undefined);
  const again = await machine.restart('stop');
  await again.unary(files.exists, { path: '/d' });
  await machine.stop();
  assert.deepEqual(await linesOf(machine), [
    'true root,root mkdir /d',
    'false alice,users delete /d',
    'true alice,users listStatus /',
    'true root,root exists /d',
  ]);
});

test('a master whose audit log is switched off writes none', async () => {
  const machine = new Machine({ ...AUDIT, 'alluxio.master.audit.logging.enabled': 'false' });
  const root = await machine.start();
  await root.unary(files.exists, { path: '/d' });
  await machine.stop();
  assert.deepEqual(await linesOf(machine), []);
});

test('a disk that does not take the audit log keeps nothing from being done', async () => {
  const machine = new Machine(AUDIT);
  const root = await machine.start();
  machine.disk.failpoint = ({ path }) => (path.startsWith('/home') ? fail('permissionDenied', 'no') : undefined);
  await root.unary(files.createDirectory, { path: '/d', options: { writeType: fs.WritePType.MUST_CACHE } });
  await machine.stop();
  machine.disk.failpoint = undefined;
  assert.deepEqual(await linesOf(machine), []);
});
