import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockOnWorker, CacheExplanation, CachePolicy, CacheUse } from '@alluvium/client';
import { noUse } from '../fakes/fake-cache-admin.js';
import { FakeTerminal } from '../fakes/fake-terminal.js';

const TIME_MS = BigInt(Date.UTC(2026, 10, 21, 7, 25, 50, 123));
const untimed = (text: string): string[] => text.replace(/\d\d-\d\d-\d{4} \d\d:\d\d:\d\d:\d{3}/g, '<TIME>').split('\n');

const POLICY: CachePolicy = {
  path: '/logs',
  priority: 'low',
  prioritySet: true,
  quotaBytes: 10n << 30n,
  quotaPerWorkerBytes: undefined,
  quotaPath: '/logs',
  usedBytes: 1n << 30n,
  quotaUsedBytes: 3n << 30n,
  workersOver: 1,
};

const HERE: BlockOnWorker = {
  workerId: 1n,
  worker: 'w1:29999',
  cached: true,
  tier: 'MEM',
  medium: 'MEM',
  pagesPresent: 2,
  pages: 2,
  holds: 0,
  isProtected: false,
  overQuota: false,
  lastAccessMs: undefined,
  hits: undefined,
  misses: undefined,
  lastMiss: undefined,
  leftMs: undefined,
  leftWhy: undefined,
};

const GONE: BlockOnWorker = { ...HERE, cached: false, tier: undefined, medium: undefined, pagesPresent: undefined, pages: undefined };

const FILE: CacheExplanation = {
  path: '/logs/a',
  fileId: 33554431n,
  lengthBytes: 6000n,
  persisted: true,
  pinned: false,
  pinnedMedia: [],
  replicationMin: 2,
  replicationMax: 3,
  blockCount: 3,
  blocks: [
    {
      blockId: 16777216n,
      offset: 0n,
      lengthBytes: 2000n,
      copies: 1,
      workers: [
        { ...HERE, tier: 'SSD', medium: 'NVME', hits: 7n, misses: 1n, lastAccessMs: TIME_MS, isProtected: true, holds: 2, overQuota: true },
      ],
      whyNot: undefined,
    },
    {
      blockId: 16777217n,
      offset: 2000n,
      lengthBytes: 2000n,
      copies: 0,
      workers: [{ ...GONE, worker: 'w2:29999', misses: 1n, hits: 0n, lastMiss: 'never cached here', leftMs: TIME_MS, leftWhy: 'freed' }],
      whyNot: 'left w2:29999 at 2026-11-21T07:25:50.123Z: freed',
    },
    {
      blockId: 16777218n,
      offset: 4000n,
      lengthBytes: 2000n,
      copies: 0,
      workers: [{ ...GONE, tier: 'MEM', medium: 'MEM', pagesPresent: 3, pages: 8 }],
      whyNot: 'partly cached: 3 of 8 pages are on w1:29999',
    },
  ],
  policy: POLICY,
  silentWorkers: ['w3:29999'],
  unaskedWorkers: ['w4:29999'],
};

test('fs stat --cache shows block by block where a file is cached, or why it is not', async () => {
  const t = new FakeTerminal();
  t.fileSystem.file('/logs/a', 'x').admin.explanations.set('/logs/a', FILE);
  assert.equal(await t.run('fs stat --cache /logs/a'), 0, t.stderr.text);
  assert.deepEqual(untimed(t.stdout.text), [
    '/logs/a: 5.86KB in 3 blocks',
    '  in the store',
    '  policy: that of /logs: priority low, quota 10.00GB, 3072.00MB of it used',
    '  did not answer: w3:29999',
    '  cannot be asked: w4:29999',
    'block 0 id=16777216 offset=0 length=2000: 1 copy (2 wanted, 3 at most)',
    '  w1:29999 cached SSD/NVME; not to be evicted; over quota; in use by 2; hits 7; misses 1; read <TIME>',
    'block 1 id=16777217 offset=2000 length=2000: not cached: left w2:29999 at 2026-11-21T07:25:50.123Z: freed',
    '  w2:29999 not cached; hits 0; misses 1; last miss: never cached here; left <TIME>: freed',
    'block 2 id=16777218 offset=4000 length=2000: not cached: partly cached: 3 of 8 pages are on w1:29999',
    '  w1:29999 3 of 8 pages MEM',
    '',
  ]);
  t.stdout.text = '';
  assert.equal(await t.run('fs stat --cache --json /logs/a'), 0);
  const [json] = JSON.parse(t.stdout.text) as { fileId: string; blocks: { blockId: string }[] }[];
  assert.deepEqual([json!.fileId, json!.blocks.map(({ blockId }) => blockId)], ['33554431', ['16777216', '16777217', '16777218']]);
  assert.equal(await t.run('fs stat --cache -f %N /logs/a'), 2);
});

test('fs stat --cache of a file without blocks or policy', async () => {
  const t = new FakeTerminal();
  const empty = { ...FILE, path: '/e', lengthBytes: 0n, blockCount: 0, blocks: [], policy: undefined, pinned: true, pinnedMedia: ['MEM'] };
  t.fileSystem.file('/e', '').admin.explanations.set('/e', { ...empty, silentWorkers: [], unaskedWorkers: [], persisted: false });
  assert.equal(await t.run('fs stat --cache /e'), 0);
  assert.deepEqual(t.stdout.lines, ['/e: 0B in 0 blocks', '  not in the store yet, pinned to MEM', '  policy: none']);
});

test('fsadmin cachePolicy sets, lists and removes what is to be kept of a path', async () => {
  const t = new FakeTerminal();
  const { admin } = t.fileSystem;
  assert.equal(await t.run('fsadmin cachePolicy set --quota 10GB --priority low /logs'), 0, t.stderr.text);
  assert.equal(await t.run('fsadmin cachePolicy set --quota-per-worker none /logs'), 0);
  assert.deepEqual(Object.fromEntries(admin.propertiesByPath.get('/logs')!), {
    'alluvium.cache.quota': '10GB',
    'alluvium.cache.priority': 'low',
    'alluvium.cache.quota.per.worker': 'none',
  });
  for (const line of ['set /logs', 'set --quota much /logs', 'set --priority urgent /logs', 'set --quota 1GB'])
    assert.equal(await t.run(`fsadmin cachePolicy ${line}`), 2, line);
  admin.propertiesByPath.get('/logs')!.set('alluxio.user.file.readtype.default', 'NO_CACHE');
  assert.equal(await t.run('fsadmin cachePolicy rm /logs'), 0);
  assert.deepEqual([...admin.propertiesByPath.get('/logs')!.keys()], ['alluxio.user.file.readtype.default'], 'the others stay');
  assert.equal(await t.run('fsadmin cachePolicy rm /logs'), 1);

  t.stdout.text = '';
  assert.equal(await t.run('fsadmin cachePolicy ls'), 0);
  assert.deepEqual(t.stdout.lines, ['No path has a cache policy.']);
  admin.policies = [
    POLICY,
    { ...POLICY, path: '/logs/new', priority: 'high', quotaBytes: undefined, usedBytes: 2n << 30n },
    { ...POLICY, path: '/z', quotaPerWorkerBytes: 1n << 20n, quotaPath: '/z', quotaUsedBytes: 0n, usedBytes: 0n, workersOver: 0 },
  ];
  t.stdout.text = '';
  assert.equal(await t.run('fsadmin cachePolicy ls'), 0);
  assert.deepEqual(t.stdout.lines, [
    'Path       Priority  Quota                        Used       Of quota',
    '/logs      low       10.00GB                      1024.00MB  3072.00MB  used up on 1 worker',
    '/logs/new  high      that of /logs                2048.00MB  3072.00MB  used up on 1 worker',
    '/z         low       10.00GB, 1024.00KB a worker  0B         0B',
  ]);
});

test('fsadmin report cache shows how many bytes came from the cache, and why the others did not', async () => {
  const t = new FakeTerminal();
  const use = (name: string, hitBytes: bigint, missBytes: bigint): CacheUse => {
    const start = { hits: 1n, hitBytes, misses: 1n, missBytes };
    return { ...noUse(name), hour: start, start: { ...start, hitBytes: hitBytes * 2n } };
  };
  t.fileSystem.admin.use = {
    total: use('', 3000n, 1000n),
    mounts: [use('/', 3000n, 1000n), noUse('/s3')],
    paths: [use('/logs/a', 1000n, 0n), use('', 0n, 50n)],
    users: [use('ann', 3000n, 1000n)],
    misses: [{ reason: 'evictedOverQuota', count: 3n, bytes: 1000n }],
    left: [{ reason: 'freed', count: 1n, bytes: 6000n }],
    sinceMs: TIME_MS,
  };
  assert.equal(await t.run('fsadmin report cache'), 0, t.stderr.text);
  assert.deepEqual(untimed(t.stdout.text), [
    'Bytes read by way of the workers since <TIME>, and how many of them came from the cache:',
    '',
    '     Last minute  Last hour     Since the start',
    'all  -            75% of 4000B  85% of 6.84KB',
    '',
    'Mount  Last minute  Last hour     Since the start',
    '/      -            75% of 4000B  85% of 6.84KB',
    '/s3    -            -             -',
    '',
    'Path      Last minute  Last hour      Since the start',
    '/logs/a   -            100% of 1000B  100% of 2000B',
    '(others)  -            0% of 50B      0% of 50B',
    '',
    'User  Last minute  Last hour     Since the start',
    'ann   -            75% of 4000B  85% of 6.84KB',
    '',
    'Read from the store because  Times  Bytes',
    'evicted over quota           3      1000B',
    '',
    'Blocks left because  Times  Bytes',
    'freed                1      5.86KB',
    '',
  ]);
});
