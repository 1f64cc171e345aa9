import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { pmode, program, rejects, World } from './world.js';

const { ONCE, NEVER, ALWAYS } = fs.LoadMetadataPType;

test(
  'a listing comes in batches, by name',
  program(async (w) => {
    await w.mkdir('/d');
    for (const name of ['g', 'a', 'f', 'b', 'e', 'c', 'd']) await w.create(`/d/${name}`);
    assert.deepEqual(await w.list('/d'), [['/d/a', '/d/b', '/d/c'], ['/d/d', '/d/e', '/d/f'], ['/d/g']]);
  }),
);

test(
  'an empty directory sends no message, a file sends itself',
  program(async (w) => {
    await w.mkdir('/d');
    await w.write('/f', 3);
    assert.deepEqual(await w.listInfos('/d'), []);
    assert.deepEqual(await w.listInfos('/f'), [[fs.FileInfo.decode(fs.FileInfo.encode(await w.status('/f')).finish())]]);
  }),
);

test(
  'a missing path, a path below a file',
  program(async (w) => {
    await w.create('/f');
    await rejects('notFound', 'Path "/no" does not exist.', () => w.list('/no'));
    await rejects('invalidArgument', /^Traversal failed for path \/f\/x\. /, () => w.list('/f/x'));
  }),
);

test(
  'a recursive listing is depth first, each directory before its children, without the path itself',
  program(async (w) => {
    await w.create('/d/b/2', { recursive: true });
    await w.create('/d/b/1');
    await w.create('/d/c');
    await w.mkdir('/d/a');
    assert.deepEqual((await w.list('/d', { recursive: true })).flat(), ['/d/a', '/d/b', '/d/b/1', '/d/b/2', '/d/c']);
  }),
);

test(
  'loadMetadataOnly loads and sends nothing',
  program(async (w) => {
    w.store.file('d/f', 'x');
    assert.deepEqual(await w.list('/d', { loadMetadataOnly: true }), []);
    assert.equal(w.inode('/d/f')?.kind, 'file');
  }),
);

test(
  'ONCE lists the store at the first listing only, ALWAYS at each, NEVER at none',
  program(async (w) => {
    w.store.file('d/a', 'x');
    assert.deepEqual(await w.list('/d', { loadMetadataType: ONCE }), [['/d/a']]);
    w.store.file('d/b', 'x');
    assert.deepEqual(await w.list('/d', { loadMetadataType: ONCE }), [['/d/a']]);
    assert.deepEqual(await w.list('/d', { loadMetadataType: NEVER }), [['/d/a']]);
    assert.deepEqual(await w.list('/d', { loadMetadataType: ALWAYS }), [['/d/a', '/d/b']]);
    assert.equal(w.store.calls.filter((call) => call === 'list d').length, 2);
    w.store.directory('e');
    await w.status('/e');
    w.store.file('e/x', 'x');
    assert.deepEqual(await w.list('/e', { loadMetadataType: NEVER }), []);
  }),
);

test(
  'a load only adds: what is known here is neither changed nor removed',
  program(async (w) => {
    w.store.file('a', 'old');
    await w.status('/a');
    await w.write('/mine', 5);
    w.store.file('a', 'newer');
    w.store.file('mine', 'other bytes');
    const before = [await w.status('/a'), await w.status('/mine')];
    await w.list('/', { loadMetadataType: ALWAYS });
    assert.deepEqual([await w.status('/a'), await w.status('/mine')], before);
    w.store.entries.delete('a');
    assert.deepEqual(await w.list('/', { loadMetadataType: ALWAYS }), [['/a', '/mine']]);
  }),
);

test(
  'a directory that is only in the cache asks the store once',
  program(async (w) => {
    await w.mkdir('/d');
    await w.create('/d/f');
    assert.deepEqual(await w.list('/d'), [['/d/f']]);
    assert.deepEqual(await w.list('/d'), [['/d/f']]);
    assert.equal(w.store.calls.filter((call) => call === 'list d').length, 1);
  }),
);

test(
  'a large directory is loaded in several journal operations, and counts as loaded only with the last',
  program(async (w) => {
    for (let i = 0; i < 1100; i++) w.store.file(`d/f${i}`, 'x');
    let broken = true;
    w.store.before = (call) => {
      if (broken && call === 'list d: f999') throw fail('unavailable', 'reset');
    };
    await rejects('unavailable', 'reset', () => w.clock.run(w.list('/d')));
    assert.equal((await w.status('/d')).length! % 500n, 0n);
    broken = false;
    assert.equal((await w.clock.run(w.list('/d'))).flat().length, 1100);
    const ids = new Set((await w.clock.run(w.listInfos('/d'))).flat().map((info) => info.fileId));
    assert.equal(ids.size, 1100);
  }),
);

test(
  'mount points are shown with the store behind them',
  program(async (w) => {
    w.stores.at('mem://b').file('x', 'y');
    await w.mount('/m', 'mem://b');
    await w.create('/f');
    const [info] = (await w.listInfos('/'))[0]!.filter((child) => child.path === '/m');
    assert.equal(info?.mountPoint, true);
    assert.equal(info?.ufsPath, 'mem://b');
    assert.notEqual(info?.mountId, 1n);
    assert.deepEqual(
      (await w.listInfos('/m')).flat().map((child) => [child.path, child.ufsPath, child.mountId]),
      [['/m/x', 'mem://b/x', info?.mountId]],
    );
    assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/f', '/m', '/m/x']);
  }),
);

test(
  'read on the listed directory is needed, execute to enter one below',
  program(async (w) => {
    await w.mkdir('/r', { mode: pmode(0o744) });
    await w.mkdir('/x', { mode: pmode(0o711) });
    await rejects('permissionDenied', /access=--x, path=\/r: /, () => w.list('/r', {}, 'alice'));
    await rejects('permissionDenied', /access=r.*, path=\/x: /, () => w.list('/x', {}, 'alice'));
    await w.mkdir('/open');
    await w.mkdir('/open/closed', { mode: pmode(0o740) });
    await w.create('/open/closed/f');
    await w.create('/open/g');
    assert.deepEqual((await w.list('/open', { recursive: true }, 'alice')).flat(), ['/open/closed', '/open/g']);
  }),
);

test(
  'a listing goes on while children come and go',
  program(async (w) => {
    await w.mkdir('/d');
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await w.create(`/d/${name}`);
    const seen: string[] = [];
    let first = true;
    for (const path of (
      await w.list('/d', {}, 'root', async () => {
        if (first) await w.rm('/d/e');
        if (first) await w.create('/d/aa');
        first = false;
      })
    ).flat())
      seen.push(path);
    assert.deepEqual(seen, ['/d/a', '/d/b', '/d/c', '/d/d', '/d/f']);
  }),
);

test(
  'a full journal disk does not hold back a listing that finds nothing new',
  program(async (w) => {
    w.store.file('d/f', 'x');
    await w.status('/d/f');
    w.journal.refusal = fail('resourceExhausted', 'full');
    assert.deepEqual(await w.list('/d'), [['/d/f']]);
    w.store.file('d/g', 'x');
    await rejects('resourceExhausted', 'full', () => w.list('/d'));
    w.journal.refusal = undefined;
    assert.deepEqual(await w.list('/d'), [['/d/f', '/d/g']]);
  }),
);

test('a long listing lets others have their turn, and shows what stays exactly once', async () => {
  const w = new World();
  await w.mkdir('/d');
  for (let i = 1000; i < 3500; i++) await w.create(`/d/${i}`);
  const listing = w.list('/d');
  let turns = 0;
  const others = (async () => {
    for (; turns < 3; turns++) {
      await w.create(`/d/0-${turns}`);
      await w.rm(`/d/${3499 - turns}`);
      await new Promise<void>((resolve) => w.clock.schedule(0, resolve));
    }
  })();
  const listed = (await w.clock.run(listing)).flat();
  assert.ok(turns > 1, 'others were served while the listing went on');
  await w.clock.run(others);
  assert.deepEqual(listed, [...new Set(listed)].sort());
  for (let i = 1000; i < 3490; i++) assert.ok(listed.includes(`/d/${i}`));
});

test('a client that takes nothing holds the listing up and nothing else', async () => {
  const w = new World();
  await w.mkdir('/d');
  for (let i = 0; i < 30; i++) await w.create(`/d/${i}`);
  let written = 0;
  const gate = Promise.withResolvers<void>();
  const listing = w.list('/d', {}, 'root', () => {
    written++;
    return gate.promise;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(written, 1, 'no second message before there is room for it');
  await w.rm('/d/29');
  await w.rm('/d', { recursive: true });
  gate.resolve();
  await listing;
  assert.equal(written, 1);
});
