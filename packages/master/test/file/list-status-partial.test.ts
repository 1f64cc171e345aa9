import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listStatusPartial } from '@alluvium/master/file/operations/list-status-partial.js';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { pmode, program, rejects, type World } from './world.js';

type Options = fs.ListStatusPartialPOptions;

async function page(
  w: World,
  path: string,
  options: Options = {},
  user = 'root',
): Promise<[paths: string[], more: boolean, count: bigint]> {
  const { fileInfos, isTruncated, fileCount } = await listStatusPartial(w.c, { path, options }, user);
  return [fileInfos!.map((info) => info.path!), isTruncated!, fileCount!];
}

const RECURSIVE = { options: { recursive: true } };
/** Depth first, a directory before what is below. */
const ALL = ['/d/a', '/d/b', '/d/b/x', '/d/b/y', '/d/b/y/1', '/d/c', '/d/l1', '/d/l2', '/d/l2/z'];

async function tree(w: World): Promise<void> {
  await w.mkdir('/d/b/y', { recursive: true });
  await w.mkdir('/d/l2', { recursive: true });
  for (const path of ['/d/a', '/d/b/x', '/d/b/y/1', '/d/c', '/d/l1', '/d/l2/z']) await w.write(path, 1);
}

test(
  'pages follow each other by name, by id and by number, and each says whether there is more',
  program(async (w) => {
    await tree(w);
    const children = ['/d/a', '/d/b', '/d/c', '/d/l1', '/d/l2'];
    for (const [options, wanted] of [
      [{}, children],
      [RECURSIVE, ALL],
    ] as const) {
      for (const by of ['startAfter', 'offsetId', 'offsetCount'] as const) {
        for (const batchSize of [1, 2, 3, 100]) {
          const seen: string[] = [];
          for (let more = true; more;) {
            const last = seen.at(-1);
            const offset: Options =
              by === 'offsetCount'
                ? { offsetCount: seen.length }
                : by === 'startAfter'
                  ? { startAfter: last === undefined ? '' : last.slice('/d/'.length) }
                  : { offsetId: last === undefined ? 0n : w.inode(last)!.id };
            const [paths, truncated, count] = await page(w, '/d', { ...options, ...offset, batchSize });
            assert.ok(paths.length > 0 && paths.length <= batchSize, `${by} ${batchSize}`);
            assert.equal(count, options === RECURSIVE ? -1n : 5n);
            seen.push(...paths);
            more = truncated;
          }
          assert.deepEqual(seen, wanted, `${by} ${batchSize}`);
        }
      }
    }
  }),
);

test(
  'a name that is gone, or never was, is only a place to go on from',
  program(async (w) => {
    await tree(w);
    assert.deepEqual((await page(w, '/d', { startAfter: 'bb' }))[0], ['/d/c', '/d/l1', '/d/l2']);
    assert.deepEqual((await page(w, '/d', { startAfter: '/b' }))[0], ['/d/c', '/d/l1', '/d/l2']);
    assert.deepEqual((await page(w, '/d', { ...RECURSIVE, startAfter: 'b/x/none' }))[0], ALL.slice(3));
    assert.deepEqual(await page(w, '/d', { startAfter: 'zzz' }), [[], false, 5n]);
    await w.rm('/d/c');
    await rejects(
      'notFound',
      '"Inode 12345 does not exit" Inode was not found during partial listing. It was likely removed across listing calls.',
      () => page(w, '/d', { offsetId: 12345n }),
    );
    await rejects('invalidArgument', /which is not below$/, () => page(w, '/d/b', { offsetId: w.inode('/d/l1')!.id }));
  }),
);

test(
  'a prefix is a path relative to the listed directory',
  program(async (w) => {
    await tree(w);
    assert.deepEqual(await page(w, '/d', { prefix: '/l' }), [['/d/l1', '/d/l2'], false, 5n]);
    assert.deepEqual((await page(w, '/d', { prefix: '/l', startAfter: 'l1' }))[0], ['/d/l2']);
    assert.deepEqual((await page(w, '/d', { prefix: '/l', batchSize: 1 }))[1], true);
    assert.deepEqual((await page(w, '/d', { ...RECURSIVE, prefix: '/b/y' }))[0], ['/d/b/y', '/d/b/y/1']);
    assert.deepEqual((await page(w, '/d', { ...RECURSIVE, prefix: '/l2' }))[0], ['/d/l2', '/d/l2/z']);
    assert.deepEqual((await page(w, '/', { ...RECURSIVE, prefix: '/d/b' }))[0], ['/d/b', '/d/b/x', '/d/b/y', '/d/b/y/1']);
    assert.deepEqual((await page(w, '/d', { prefix: '/none' }))[0], []);
    await rejects('invalidArgument', 'Path "l" is invalid.', () => page(w, '/d', { prefix: 'l' }));
  }),
);

test(
  'a page of nothing, of a file, and of what is not there',
  program(async (w) => {
    await tree(w);
    assert.deepEqual(await page(w, '/d', { batchSize: 0 }), [[], true, 5n]);
    await w.mkdir('/empty');
    assert.deepEqual(await page(w, '/empty', { batchSize: 10 }), [[], false, 0n]);
    assert.deepEqual((await page(w, '/d/a', { batchSize: 10 }))[0], ['/d/a']);
    await rejects('notFound', 'Path "/none" does not exist.', () => page(w, '/none'));
    await rejects('invalidArgument', /entry -1: 0 or more wanted$/, () => page(w, '/d', { offsetCount: -1 }));
  }),
);

test(
  'what a caller may not read is refused, and not entered',
  program(async (w) => {
    await w.mkdir('/p/closed', { recursive: true, mode: pmode(0o755) });
    await w.mkdir('/p/open', { mode: pmode(0o755) });
    await w.write('/p/closed/f', 1);
    await w.write('/p/open/g', 1);
    await w.set('/p', { mode: pmode(0o755) });
    await w.set('/p/closed', { mode: pmode(0o700) });
    assert.deepEqual((await page(w, '/p', RECURSIVE, 'alice'))[0], ['/p/closed', '/p/open', '/p/open/g']);
    await rejects('permissionDenied', /^Permission denied: user=alice/, () => page(w, '/p/closed', {}, 'alice'));
  }),
);

test(
  'what only the store has is found',
  program(async (w) => {
    w.store.file('s/one', '1');
    w.store.file('s/two', '2');
    assert.deepEqual(await page(w, '/s', { batchSize: 1 }), [['/s/one'], true, 2n]);
    assert.deepEqual(await page(w, '/s', { batchSize: 1, startAfter: 'one' }), [['/s/two'], false, 2n]);
  }),
);

test(
  'the first page of a listing that wants it compares with the store, the others go on',
  program(async (w) => {
    w.store.file('s/one', '1');
    w.store.file('s/two', '2');
    const synced = { options: { commonOptions: { syncIntervalMs: 0n } } };
    assert.deepEqual((await page(w, '/s', { ...synced, batchSize: 1 }))[0], ['/s/one']);
    w.store.file('s/zoo', '3');
    assert.deepEqual((await page(w, '/s', { ...synced, startAfter: 'one' }))[0], ['/s/two']);
    assert.deepEqual((await page(w, '/s', { ...synced, offsetId: 0n }))[0], ['/s/one', '/s/two', '/s/zoo']);
  }),
);
