import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, messageOf, type NormalPath } from '@alluvium/base';
import { getMountTable } from '@alluvium/master/file/operations/get-mount-table.js';
import { reverseResolve } from '@alluvium/master/file/operations/reverse-resolve.js';
import { unmount } from '@alluvium/master/file/operations/unmount.js';
import { updateMount } from '@alluvium/master/file/operations/update-mount.js';
import { getUfsInfo } from '@alluvium/master/file/worker-service.js';
import { journal as wireJournal, type fileSystemMaster as fs } from '@alluvium/wire';
import { Gate, isSettled, pmode, program, rejects, replayed, World } from './world.js';

const secrets = { 's3a.accessKeyId': 'AKIA', 's3a.secretKey': 'hush', 'fs.azure.account.key.x': 'hush', 's3.region': 'eu' };

async function refused(
  reason: string | RegExp,
  w: World,
  path: string,
  ufs: string,
  options: fs.MountPOptions = {},
  user = 'root',
): Promise<void> {
  await assert.rejects(
    async () => w.mount(path, ufs, options, user),
    (error: unknown) => {
      const lines = messageOf(error).split('\n');
      assert.match(lines[0]!, /^mount command: alluxio fs mount \S+ \S* option MountContext\{ProtoOptions=/);
      const last = lines.at(-1)!;
      if (typeof reason === 'string') assert.equal(last, reason);
      else assert.match(last, reason);
      assert.equal((error as { kind?: string }).kind, 'unknown', 'as a 2.9.4 master');
      assert.doesNotMatch(messageOf(error), /hush/, 'no secret in an error');
      return true;
    },
  );
}

async function drop(w: World, alluxioPath: string, user = 'root'): Promise<void> {
  await unmount(w.c, { alluxioPath }, user);
}

async function update(w: World, alluxioPath: string, options: fs.MountPOptions, user = 'root'): Promise<void> {
  await updateMount(w.c, { alluxioPath, options }, user);
}

async function table(w: World, checkUfs?: boolean): Promise<Record<string, fs.MountPointInfo>> {
  return (await getMountTable(w.c, checkUfs === undefined ? {} : { checkUfs })).mountPoints!;
}

test(
  'a mount shows a directory of a store at a new path',
  program(async (w) => {
    w.stores.at('mem://b').file('dir/f', 'abc');
    await w.mount('/m', 'mem://b/');
    const info = await w.status('/m');
    assert.deepEqual([info.mountPoint, info.ufsPath, info.owner, info.persisted], [true, 'mem://b', 'ufs', true]);
    assert.equal((await w.status('/m/dir/f')).ufsPath, 'mem://b/dir/f');
    assert.deepEqual((await w.list('/m', { recursive: true })).flat(), ['/m/dir', '/m/dir/f']);
    assert.deepEqual(
      [...replayed(w).mounts.all()].map(({ path, ufsUri, id }) => [path, ufsUri, id]),
      [
        ['/', 'mem://root', 1n],
        ['/m', 'mem://b', info.mountId],
      ],
    );
  }),
);

test(
  'what the store above lacks says nothing of the stores that are mounted below',
  program(async (w) => {
    await w.mkdir('/only-here');
    w.stores.at('mem://b').file('f', 'abc');
    w.stores.at('mem://c').file('g', 'abc');
    await w.mount('/only-here/m', 'mem://b/');
    assert.deepEqual((await w.list('/only-here', { recursive: true })).flat(), ['/only-here/m', '/only-here/m/f']);
    await w.mount('/only-here/m/n', 'mem://c/');
    assert.deepEqual((await w.list('/only-here', { recursive: true })).flat(), [
      '/only-here/m',
      '/only-here/m/f',
      '/only-here/m/n',
      '/only-here/m/n/g',
    ]);
  }),
);

test(
  'what cannot be mounted',
  program(async (w) => {
    const { entries } = w.stores.at('mem://missing');
    entries.clear();
    w.stores.at('mem://file').entries.get('')!.directory = false;
    await w.create('/f');
    await w.mount('/m', 'mem://b/sub');
    const exists = (path: string): string =>
      `Mount point target path ${path} already exists in Alluxio namespace. Try mounting to another path.`;
    await refused(exists('/f'), w, '/f', 'mem://c');
    await refused(exists('/m'), w, '/m', 'mem://c');
    await refused(exists('/'), w, '/', 'mem://c');
    await refused('Mount point mem://b/sub is a prefix of mem://b/sub/deeper', w, '/n', 'mem://b/sub/deeper');
    await refused('Mount point mem://b is a prefix of mem://b/sub', w, '/n', 'mem://b');
    await refused('Mount point mem://root is a prefix of mem://root/x', w, '/n', 'mem://root/x');
    await refused('Ufs path mem://missing does not exist', w, '/n', 'mem://missing');
    await refused('Ufs path mem://file does not exist', w, '/n', 'mem://file');
    await refused('No Under File System Factory found for: gopher://x', w, '/n', 'gopher://x', { properties: secrets });
    await refused('File /no/n creation failed. Component 1(no) does not exist', w, '/no/n', 'mem://c');
    await refused(/^Permission denied: user=alice, access=-w-, path=\/n: failed at \/, /, w, '/n', 'mem://c', {}, 'alice');
    await refused(/^Traversal failed for path \/f\/n\. /, w, '/f/n', 'mem://c');
    assert.equal([...w.mounts.all()].length, 2);
  }),
);

test(
  'a mount must not shadow what the store above has at that path',
  program(async (w) => {
    w.store.file('old/x', 'y');
    await refused('Mount path /old shadows an existing path mem://root/old in the parent underlying filesystem', w, '/old', 'mem://b');
  }),
);

test(
  'a mount inside a mount',
  program(async (w) => {
    await w.mount('/m', 'mem://b');
    await w.mkdir('/m/d');
    w.stores.at('mem://c').file('f', 'abc');
    await w.mount('/m/d/n', 'mem://c');
    assert.equal((await w.status('/m/d/n/f')).ufsPath, 'mem://c/f');
    assert.equal((await w.status('/m/d')).ufsPath, 'mem://b/d');
    await rejects('invalidArgument', /^Failed to unmount \/m\. /, () => drop(w, '/m'));
    await drop(w, '/m/d/n');
    await drop(w, '/m');
  }),
);

test(
  'nothing is mounted below a read-only mount',
  program(async (w) => {
    await w.mount('/m', 'mem://b', { readOnly: true });
    await refused('A write operation on /m/n under a readonly mount point /m is not allowed', w, '/m/n', 'mem://c');
  }),
);

test(
  'web stores are read-only, shared stores are readable by all',
  program(async (w) => {
    w.stores.at('mem://b').file('f', 'x');
    w.stores.at('mem://b').entries.get('f')!.mode = 0o600;
    await w.mount('/m', 'mem://b', { shared: true });
    assert.equal((await w.status('/m/f')).mode, 0o606);
    assert.equal((await w.status('/m')).mode! & 7, 7, 'the directory itself too');
  }),
);

test(
  'a remembered absence ends with a mount',
  program(async (w) => {
    await rejects('notFound', /.*/, () => w.status('/m/f'));
    w.stores.at('mem://b').file('f', 'x');
    await w.mount('/m', 'mem://b');
    assert.equal((await w.status('/m/f')).length, 1n);
  }),
);

test('two who mount the same store at once: one of them gets it', async () => {
  const w = new World();
  const done = await Promise.allSettled([w.mount('/a', 'mem://b'), w.mount('/b', 'mem://b')]);
  assert.deepEqual(done.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  assert.equal([...w.mounts.all()].length, 2);
});

test('a mount that waits for its store does not hold up other paths', async () => {
  const w = new World();
  const gate = new Gate();
  w.stores.at('mem://slow').before = () => gate.passed;
  const mounting = w.mount('/m', 'mem://slow');
  await w.create('/f');
  const inside = w.create('/m/x', { recursive: true });
  assert.equal(await isSettled(inside), false, 'what is below waits');
  gate.open();
  await mounting;
  assert.equal((await inside).mountId, (await w.status('/m')).mountId);
});

test(
  'the store of a mount that was looked at is closed when the mount fails, and open when it is made',
  program(async (w) => {
    w.stores.at('mem://missing').entries.clear();
    await refused(/does not exist$/, w, '/n', 'mem://missing');
    assert.equal(w.stores.at('mem://missing').closed, true);
  }),
);

test(
  'unmounting forgets what is below and leaves the store alone',
  program(async (w) => {
    const store = w.stores.at('mem://b');
    store.file('d/f', 'x'.repeat(25));
    await w.mount('/m', 'mem://b');
    const { blockIds } = await w.status('/m/d/f');
    await w.set('/m/d/f', { pinned: true });
    await w.write('/m/cached', 5);
    await drop(w, '/m');
    await rejects('notFound', /.*/, () => w.status('/m', { loadMetadataType: 1 }));
    assert.deepEqual(store.paths(), ['d', 'd/f']);
    assert.deepEqual(
      store.calls.filter((call) => call.startsWith('remove')),
      [],
    );
    assert.equal(w.tree.size, 1);
    assert.equal(w.blocks.state.blockCount, 0);
    assert.deepEqual([...w.tree.pinnedFiles()], []);
    assert.ok(blockIds!.every((id) => w.freed.includes(id as never)));
    assert.equal(store.closed, true);
    await w.mount('/m', 'mem://b');
    assert.equal((await w.status('/m/d/f')).length, 25n);
  }),
);

test(
  'a large mount is forgotten in slices; what a crash cuts off is still mounted and loads again',
  program(async (w) => {
    const store = w.stores.at('mem://b');
    const files = Array.from({ length: 1200 }, (_, i) => `d/${String(i).padStart(4, '0')}`);
    for (const file of files) store.file(file, 'x');
    await w.mount('/m', 'mem://b');
    await w.clock.run(w.list('/m', { recursive: true }));
    const from = w.journal.lastSequence;
    await w.clock.run(drop(w, '/m'));
    assert.ok(w.journal.lastSequence - from > 2, 'several operations');
    assert.deepEqual(w.journal.kinds(w.journal.lastSequence - 1).slice(-2), ['deleteFile', 'deleteMountPoint'], 'in one operation');
    assert.equal(w.tree.size, 1);
    const crashed = new World({
      entries: w.journal.operations
        .slice(0, from + 1)
        .flat()
        .map((bytes) => wireJournal.JournalEntry.decode(bytes)),
      stores: w.stores,
    });
    assert.ok(crashed.tree.size < 1203, 'part of it is gone');
    assert.equal((await crashed.clock.run(crashed.list('/m', { recursive: true }))).flat().length, 1201);
  }),
);

test(
  'what cannot be unmounted',
  program(async (w) => {
    await w.mkdir('/d');
    await w.mount('/m', 'mem://b');
    await rejects('invalidArgument', 'Failed to unmount /d. Please ensure the path is an existing mount point.', () => drop(w, '/d'));
    await rejects('invalidArgument', 'Failed to unmount /. Please ensure the path is an existing mount point and not root.', () =>
      drop(w, '/'),
    );
    await rejects('notFound', 'Failed to unmount: Path /no does not exist', () => drop(w, '/no'));
    await rejects('permissionDenied', /user=alice, access=-w-, path=\/m: failed at \/, /, () => drop(w, '/m', 'alice'));
  }),
);

test(
  'updating a mount gives it a new id, because workers keep what they know of a mount by its id',
  program(async (w) => {
    await w.mount('/m', 'mem://b', { properties: { a: '1', b: '2' } });
    const before = (await w.status('/m')).mountId!;
    await update(w, '/m', { readOnly: true, properties: { b: '3' } });
    const after = (await w.status('/m')).mountId!;
    assert.notEqual(after, before);
    await rejects('notFound', `No mount point has the id ${before}`, () => getUfsInfo(w.c, { mountId: before }));
    const { m } = { m: (await table(w, false))['/m']! };
    assert.deepEqual([m.readOnly, m.properties, m.mountId], [true, { b: '3' }, after]);
    await rejects('permissionDenied', /readonly mount point \/m /, () => w.create('/m/f'));
    await update(w, '/m', {});
    assert.deepEqual((await table(w, false))['/m']!.properties, {}, 'nothing is inherited');
    await w.create('/m/f');
    await rejects('invalidArgument', 'Failed to update mount properties for /d. Please ensure the path is an existing mount point.', () =>
      update(w, '/d', {}),
    );
    await rejects(
      'invalidArgument',
      'Failed to update mount point at /. Please ensure the path is an existing mount point and not root.',
      () => update(w, '/', {}),
    );
    await rejects('permissionDenied', /path=\/m: /, () => update(w, '/m', {}, 'alice'));
  }),
);

test(
  'secrets of a mount are shown to workers only',
  program(async (w) => {
    await w.mount('/m', 'mem://b', { properties: secrets });
    const { properties, mountId } = (await table(w, false))['/m']!;
    assert.deepEqual(properties, {
      's3a.accessKeyId': '******',
      's3a.secretKey': '******',
      'fs.azure.account.key.x': '******',
      's3.region': 'eu',
    });
    assert.deepEqual(getUfsInfo(w.c, { mountId: mountId! }).ufsInfo?.properties?.properties, secrets);
  }),
);

test(
  'the mount table tells type and space of each store unless that is declined, also of one that does not answer',
  program(async (w) => {
    await w.mount('/bad', 'mem://bad');
    await w.mount('/slow', 'mem://slow');
    w.stores.at('mem://bad').before = () => {
      throw fail('unavailable', 'down');
    };
    w.stores.at('mem://slow').before = () => new Promise(() => {});
    const short = await table(w, false);
    assert.deepEqual([short['/']?.ufsType, short['/']?.ufsCapacityBytes, short['/']?.ufsUsedBytes], ['', -1n, -1n]);
    const full = await w.clock.run(table(w));
    assert.deepEqual([full['/']?.ufsType, full['/']?.ufsCapacityBytes, full['/']?.ufsUsedBytes], ['local', 1000n, 10n]);
    for (const path of ['/bad', '/slow']) assert.equal(full[path]?.ufsCapacityBytes, -1n, path);
  }),
);

test(
  'a store address is resolved to the path that shows it',
  program(async (w) => {
    await w.mount('/m', 'mem://b/x');
    assert.equal(reverseResolve(w.c, { ufsUri: 'mem://b/x/y/z' }).alluxioPath, '/m/y/z');
    assert.equal(reverseResolve(w.c, { ufsUri: 'mem://b/x/' }).alluxioPath, '/m');
    assert.equal(reverseResolve(w.c, { ufsUri: 'mem://root' }).alluxioPath, '/');
    for (const ufsUri of ['mem://b/xy', 'mem://b', 's3://q', ''])
      await rejects('invalidArgument', `${ufsUri} is not a valid ufs uri`, () => reverseResolve(w.c, { ufsUri }));
  }),
);

test(
  'an unknown mount id',
  program(async (w) => {
    await rejects('notFound', 'No mount point has the id 77', () => getUfsInfo(w.c, { mountId: 77n }));
    assert.equal(getUfsInfo(w.c, { mountId: 1n }).ufsInfo?.uri, 'mem://root');
    assert.equal(w.mounts.at('/no' as NormalPath), undefined);
  }),
);

test(
  'a mounted directory keeps its own permissions',
  program(async (w) => {
    await w.mkdir('/d', { mode: pmode(0o777) });
    await w.mount('/d/m', 'mem://b', {}, 'alice');
    await rejects('permissionDenied', /failed at m, inode owner=ufs/, () => w.create('/d/m/f', {}, 'alice'));
  }),
);
