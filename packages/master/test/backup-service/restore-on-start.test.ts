// A master with an empty journal that is filled from a backup when it starts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { localDirectoryStorage } from '@alluvium/journal';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { SeededRandom, SimDisk } from '@alluvium/testkit';
import { fileSystemMaster as fs, metaMaster } from '@alluvium/wire';
import { rejects } from '../file/world.js';
import { Machine } from '../machine.js';
import { backedUp, create, listed, running } from './whole-master.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const meta = methodsOf(metaMaster.MetaMasterClientServiceDefinition);

const FILE = '/var/from/backup.gz';
const FROM = 'alluxio.master.journal.init.from.backup';

interface Made {
  readonly bytes: Buffer;
  readonly state: unknown;
}

/** All that a client can see of the namespace, the mounts and the cluster. */
async function seen(c: RpcChannel): Promise<unknown> {
  const infos = (await listed(c)).map((info) => ({ ...info, lastAccessTimeMs: undefined }));
  const mounts = await c.unary(files.getMountTable, { checkUfs: false });
  const { masterInfo } = await c.unary(meta.getMasterInfo, { filter: [metaMaster.MasterInfoField.CLUSTER_ID] });
  return [infos, mounts, masterInfo];
}

/** A backup of a small namespace. */
async function made(): Promise<Made> {
  const { machine, c } = await running();
  await c.unary(files.mount, { alluxioPath: '/m', ufsPath: 'mem://other', options: { readOnly: true } });
  await create(c, '/a/f', '/a/b/g', '/h');
  await c.unary(files.setAttribute, {
    path: '/a/f',
    options: { pinned: true, mode: { ownerBits: 7, groupBits: 5, otherBits: 1 } as never },
  });
  // What is in the store is known from here on.
  await listed(c);
  const { backupUri } = await backedUp(machine, c);
  const bytes = machine.stores.at('mem://root/alluxio_backups').entries.get(backupUri!.slice(backupUri!.lastIndexOf('/') + 1))!.bytes;
  return { bytes, state: await seen(c) };
}

/** A machine that has the bytes as a file. */
async function withFile(bytes: Buffer, settings: Record<string, string> = { [FROM]: FILE }): Promise<Machine> {
  const machine = new Machine(settings, new SimDisk(new SeededRandom(5)));
  machine.stores.at('mem://other');
  await replaceFile(machine, bytes);
  return machine;
}

async function replaceFile({ disk }: Machine, bytes: Buffer): Promise<void> {
  const mounted = disk.mount();
  await mounted.makeDirectory('/var/from');
  await using file = await mounted.open(FILE, 'write');
  await file.write([bytes], 0);
  await file.sync();
  for (const directory of ['/', '/var', '/var/from']) await mounted.syncDirectory(directory);
}

test('backup and restore: a master that starts from a backup has exactly what was backed up, and keeps it', async () => {
  const { bytes, state } = await made();
  for (const uri of [FILE, `file://${FILE}`]) {
    const machine = await withFile(bytes, { [FROM]: uri });
    assert.deepEqual(await seen(await machine.start()), state);
    assert.deepEqual(machine.master.examine(), [], 'the doctor finds nothing');
    const c = await machine.restart('crash');
    assert.deepEqual(await seen(c), state);
    await create(c, '/later');
    const after = await seen(c);
    assert.notDeepEqual(after, state);
    assert.deepEqual(await seen(await machine.restart('crash')), after, 'a journal that is not empty is gone on from');
  }
});

test('a backup is restored from a store', async () => {
  const { bytes, state } = await made();
  const machine = new Machine({ [FROM]: 'mem://elsewhere/b/x.gz' });
  machine.stores.at('mem://elsewhere/b').file('x.gz', bytes);
  assert.deepEqual(await seen(await machine.start()), state);
});

test('a backup that is damaged, cut off or missing is refused, and leaves nothing', async () => {
  const { bytes, state } = await made();
  const flipped = Buffer.from(bytes);
  flipped[bytes.length >> 1]! ^= 16;
  const cases: readonly (readonly [Buffer, Parameters<typeof rejects>[0], RegExp])[] = [
    [flipped, 'dataLoss', /^Cannot read the backup "\/var\/from\/backup.gz"/],
    [bytes.subarray(0, bytes.length - 9), 'dataLoss', /^Cannot read the backup/],
    [Buffer.from('no backup'), 'invalidArgument', /^Cannot read the backup/],
    [Buffer.alloc(0), 'dataLoss', /^Cannot read the backup/],
  ];
  for (const [damaged, kind, text] of cases) {
    const machine = await withFile(damaged);
    await rejects(kind, text, () => machine.start());
    assert.equal(machine.master.address, undefined);
    // Nothing is in the way of another try.
    await replaceFile(machine, bytes);
    assert.deepEqual(await seen(await machine.restart('kill')), state);
  }
  await rejects('notFound', /none\.gz/, () => new Machine({ [FROM]: '/none.gz' }).start());
  for (const uri of ['/', 'backup.gz', 'x/backup.gz', 'mem://x/'])
    await rejects('invalidArgument', /wanted$/, () => new Machine({ [FROM]: uri }).start());
});

test('a master that crashes anywhere while it restores restores again when it starts', async () => {
  const { bytes, state } = await made();
  const whole = await withFile(bytes);
  let calls = 0;
  whole.disk.failpoint = () => (calls++, undefined);
  await whole.start();
  assert.ok(calls > 15, `${calls} calls`);
  for (let call = 1; call <= calls; call++) {
    const machine = await withFile(bytes);
    let now = 0;
    machine.disk.failpoint = () => (++now >= call ? fail('unavailable', 'The disk is gone') : undefined);
    await machine.start().then(
      () => undefined,
      () => undefined,
    );
    machine.disk.failpoint = undefined;
    assert.deepEqual(await seen(await machine.restart('crash')), state, `after call ${call}`);
  }
});

test('a restore while another primary lives takes its journal over as it is, and that one is fenced', async () => {
  const { bytes } = await made();
  const living = await withFile(bytes, {});
  const c = await living.start();
  await create(c, '/mine');
  const other = new Machine({ [FROM]: FILE }, living.disk);
  const paths = (await listed(await other.start())).map(({ path }) => path);
  assert.deepEqual(paths, ['/mine']);
  await rejects('unavailable', /Another master has taken over/, () => create(c, '/too-late'));
  assert.match((await living.master.failed).message, /taken over/);
});

test('a restore that another master overtakes does not serve, and leaves the journal to it', async () => {
  const { bytes } = await made();
  const machine = await withFile(bytes);
  let overtaken = false;
  machine.disk.failpoint = ({ verb, path }) => {
    if (!overtaken && verb === 'open' && path === FILE) {
      overtaken = true;
      void localDirectoryStorage(machine.disk.mount(), '/journal').claimEpoch();
    }
    return undefined;
  };
  await rejects('unavailable', /Another master has taken over/, () => machine.start());
  assert.ok(overtaken);
  assert.deepEqual(
    machine.disk.paths().filter((path) => path.endsWith('.ckp')),
    [],
  );
});

test('after a restore the first look at / compares it with its store, unless that is switched off', async () => {
  const { bytes } = await made();
  const paths = async (settings: Record<string, string>): Promise<boolean> => {
    const machine = await withFile(bytes, { [FROM]: FILE, ...settings });
    machine.stores.at('mem://root').file('new-in-the-store', 'x');
    const c = await machine.start();
    const stream = c.stream(files.listStatus);
    await stream.write({ path: '/', options: {} });
    stream.end();
    const batch = await stream.read();
    return batch!.fileInfos!.some(({ path }) => path === '/new-in-the-store');
  };
  assert.equal(await paths({}), true);
  assert.equal(await paths({ 'alluxio.master.journal.sync.root.after.init.from.backup': 'false' }), false);
});
