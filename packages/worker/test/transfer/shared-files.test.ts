import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { methodsOf, type ClientStream } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { patterned, readBlock, writeBlock } from '../fakes/client-calls.js';
import { cluster, type Cluster } from '../fakes/cluster.js';

const MIB = 1 << 20;
const methods = methodsOf(blockWorker.BlockWorkerDefinition);
const NOBODY = 65_534;
const needsRoot = process.getuid?.() !== 0;

/** What another user of the machine gets from a line of shell. */
function asNobody(line: string): { readonly ok: boolean; readonly out: string } {
  try {
    return {
      ok: true,
      out: execFileSync('/bin/sh', ['-c', line], { uid: NOBODY, gid: NOBODY, stdio: ['ignore', 'pipe', 'ignore'] }).toString('latin1'),
    };
  } catch {
    return { ok: false, out: '' };
  }
}

async function openLocal(c: Cluster, id: bigint) {
  const stream: ClientStream<blockWorker.OpenLocalBlockRequest, blockWorker.OpenLocalBlockResponse> = c.channel.stream(
    methods.openLocalBlock,
  );
  await stream.write({ blockId: id });
  return { stream, path: (await stream.read())!.path! };
}

test('clients of other users open the one file that they were given, and no other', { skip: needsRoot }, async (t) => {
  const c = await cluster(t);
  chmodSync(c.directory, 0o711);
  const bytes = patterned(10_005);
  await writeBlock(c.channel, 77n, bytes);
  const { stream, path } = await openLocal(c, 77n);
  assert.match(path, /77$/, 'clients look for the id at the end');
  assert.ok(asNobody(`cat '${path}'`).out === bytes.toString('latin1'));
  assert.equal(asNobody(`echo >> '${path}'`).ok, false, 'but not write it');
  const root = `${c.directory}/alluxioworker`;
  for (const line of [`cat ${root}/77`, `ls ${root}`, `ls ${root}-shared`, `ls ${c.directory}`, `rm '${path}'`])
    assert.equal(asNobody(line).ok, false, line);
  stream.end();
  assert.equal(await stream.read(), undefined);
  assert.deepEqual(readdirSync(`${root}-shared`), []);
  assert.equal(asNobody(`cat '${path}'`).ok, false, 'the name is gone with the stream');
});

test('clients of other users write the one file that they were given', { skip: needsRoot }, async (t) => {
  const c = await cluster(t);
  chmodSync(c.directory, 0o711);
  const stream = c.channel.stream(methods.createLocalBlock);
  await stream.write({ blockId: 5n, tier: 0, spaceToReserve: BigInt(MIB) });
  const path = (await stream.read())!.path!;
  assert.ok(asNobody(`printf hello > '${path}'`).ok);
  stream.end();
  assert.equal(await stream.read(), undefined);
  assert.equal((await readBlock(c.channel, 5n, { length: 5 })).toString(), 'hello');
  assert.deepEqual(readdirSync(`${c.directory}/alluxioworker-shared`), []);
  assert.equal(statSync(`${c.directory}/alluxioworker/5`).mode & 0o777, 0o644, 'as every other block');
});

test('a block that another process cuts short is not served cut', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(2 * MIB);
  const stream = c.channel.stream(methods.createLocalBlock);
  await stream.write({ blockId: 6n, tier: 0, spaceToReserve: BigInt(bytes.length) });
  writeFileSync((await stream.read())!.path!, bytes);
  stream.end();
  assert.equal(await stream.read(), undefined);
  for (const length of [bytes.length, 100]) assert.ok(bytes.subarray(0, length).equals(await readBlock(c.channel, 6n, { length })));
  execFileSync('truncate', ['-s', '4096', `${c.directory}/alluxioworker/6`]);
  await assert.rejects(readBlock(c.channel, 6n, { offset: MIB, length: MIB }), { kind: 'notFound' });
});

test('an aborted write and a refused read leave no name behind', async (t) => {
  const c = await cluster(t);
  const stream = c.channel.stream(methods.createLocalBlock);
  await stream.write({ blockId: 8n, tier: 0, spaceToReserve: 100n });
  await stream.read();
  stream.cancel();
  await assert.rejects(openLocal(c, 99n), { kind: 'notFound' });
  await c.worker.stop();
  assert.deepEqual(readdirSync(`${c.directory}/alluxioworker-shared`), []);
});

test('names that a killed worker left are removed at the next start', async (t) => {
  const c = await cluster(t, { start: false });
  const shared = `${c.directory}/alluxioworker-shared`;
  mkdirSync(shared);
  writeFileSync(`${shared}/left-7`, 'x');
  await c.worker.start();
  assert.deepEqual(readdirSync(shared), []);
  assert.equal(statSync(shared).mode & 0o777, 0o711);
  assert.equal(statSync(`${c.directory}/alluxioworker`).mode & 0o777, 0o700);
});

test('where the folders of the blocks are open to all, as Alluxio has it, files are shared by their own names', async (t) => {
  const c = await cluster(t, { configuration: { 'alluxio.worker.data.folder.permissions': 'rwxrwxrwx' } });
  const bytes = patterned(100);
  await writeBlock(c.channel, 3n, bytes);
  const { stream, path } = await openLocal(c, 3n);
  assert.equal(path, `${c.directory}/alluxioworker/3`);
  assert.ok(bytes.equals(readFileSync(path)));
  stream.end();
  await stream.read();
  assert.equal(statSync(`${c.directory}/alluxioworker`).mode & 0o777, 0o777);
});
