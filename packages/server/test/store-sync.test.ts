// What others do to a store, seen by clients of a real cluster: on a local directory, and on a real S3 server where there is one.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { connect, type FileSystem, type TaskDetails } from '@alluvium/client';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { s3Place, s3Skip } from '../../ufs/test/support/s3-subject.js';
import { Cluster } from './support/cluster.js';

interface Subject {
  readonly cluster: Cluster;
  put(path: string, content: string): Promise<void>;
  remove(path: string): Promise<void>;
}

async function local(): Promise<Subject> {
  const cluster = new Cluster();
  const at = (path: string): string => join(cluster.store, path);
  return {
    cluster,
    put: async (path, content) => {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), content);
    },
    remove: async (path) => rmSync(at(path), { recursive: true }),
  };
}

async function s3(t: TestContext): Promise<Subject> {
  const { client, bucket } = await s3Place(t);
  const option = 'alluxio.master.mount.table.root.option';
  return {
    cluster: new Cluster({
      'alluxio.master.mount.table.root.ufs': `s3://${bucket}/root`,
      [`${option}.alluxio.underfs.s3.endpoint`]: process.env['ALLUVIUM_TEST_S3_ENDPOINT']!,
      [`${option}.s3a.accessKeyId`]: process.env['ALLUVIUM_TEST_S3_ACCESS_KEY'] ?? 'alluvium',
      [`${option}.s3a.secretKey`]: process.env['ALLUVIUM_TEST_S3_SECRET_KEY'] ?? 'alluvium-secret',
    }),
    put: async (path, Body) => void (await client.send(new PutObjectCommand({ Bucket: bucket, Key: `root/${path}`, Body }))),
    remove: async (path) => void (await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `root/${path}` }))),
  };
}

async function using(
  t: TestContext,
  make: (t: TestContext) => Promise<Subject>,
  run: (subject: Subject, fs: FileSystem) => Promise<void>,
): Promise<void> {
  const subject = await make(t);
  await subject.cluster.start();
  const fs = await connect(subject.cluster.master, { user: process.env['USER'] ?? 'root' });
  try {
    await run(subject, fs);
  } finally {
    await fs.close();
    await subject.cluster.remove();
  }
}

async function sync(fs: FileSystem, path: string, dryRun = false): Promise<TaskDetails> {
  const id = await fs.sync.start(path, { dryRun });
  for (;;) {
    const details = await fs.admin.task(id);
    if (details.task.state !== 'RUNNING') return details;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function changes({ task: { state, figures } }: TaskDetails): Record<string, bigint> {
  assert.equal(state, 'SUCCEEDED');
  return Object.fromEntries(['created', 'updated', 'removed'].flatMap((name) => (figures[name] ? [[name, figures[name]]] : [])));
}

async function tree(fs: FileSystem): Promise<string[]> {
  const out: string[] = [];
  for await (const { path, folder, lengthBytes } of fs.list('/', { recursive: true, loadMetadata: 'NEVER' }))
    out.push(folder ? path : `${path} ${lengthBytes}`);
  return out;
}

async function read(fs: FileSystem, path: string): Promise<string> {
  const file = await fs.open(path);
  try {
    const parts: Uint8Array[] = [];
    for await (const chunk of file.chunks()) parts.push(chunk);
    return Buffer.concat(parts).toString();
  } finally {
    await file.close();
  }
}

const subjects = [
  ['a local directory', local, false],
  ['S3', s3, s3Skip ?? false],
] as const;

for (const [name, make, skip] of subjects)
  describe(name, { skip }, () => {
    test('files that others write, replace and remove are seen after a sync, with the right bytes', (t) =>
      using(t, make, async ({ put, remove }, fs) => {
        for (const path of ['a/1', 'a/2', 'a/b/3', 'c/4', 'ä ö/5', 'c-d/6']) await put(path, `content of ${path}`);
        assert.deepEqual(changes(await sync(fs, '/', true)), { created: 11n });
        assert.deepEqual(await tree(fs), []);
        assert.deepEqual(changes(await sync(fs, '/')), { created: 11n });
        assert.equal(await read(fs, '/a/1'), 'content of a/1');
        await put('a/1', 'other bytes of a/1');
        await remove('a/2');
        await remove('c/4');
        if (name === 'a local directory') await remove('c');
        await put('new/deep/7', '7');
        assert.deepEqual(changes(await sync(fs, '/')), { created: 3n, updated: 1n, removed: 3n });
        assert.equal(await read(fs, '/a/1'), 'other bytes of a/1');
        assert.deepEqual(
          (await tree(fs)).toSorted(),
          ['/a', '/a/1 18', '/a/b', '/a/b/3 16', '/c-d', '/c-d/6 16', '/new', '/new/deep', '/new/deep/7 1', '/ä ö', '/ä ö/5 18'].toSorted(),
        );
        assert.deepEqual(changes(await sync(fs, '/')), {});
      }));

    test('what is written through and what is persisted later is in step with the store', (t) =>
      using(t, make, async (_, fs) => {
        for (const writeType of ['THROUGH', 'CACHE_THROUGH', 'ASYNC_THROUGH', 'MUST_CACHE'] as const) {
          const file = await fs.create(`/d/${writeType}`, { writeType, recursive: true });
          await file.write(Buffer.from(writeType));
          await file.close();
        }
        const before = await fs.status('/d/CACHE_THROUGH');
        while (!(await fs.status('/d/ASYNC_THROUGH')).persisted) await new Promise((resolve) => setImmediate(resolve));
        assert.deepEqual(changes(await sync(fs, '/')), {});
        assert.deepEqual(await fs.sync.inconsistentPaths('/'), []);
        assert.equal((await fs.status('/d/CACHE_THROUGH', { syncIntervalMs: 0n })).fileId, before.fileId);
        assert.equal(await read(fs, '/d/MUST_CACHE'), 'MUST_CACHE');
      }));

    test('a status that syncs shows the store as it is', (t) =>
      using(t, make, async ({ put, remove }, fs) => {
        await put('f', 'one');
        assert.equal((await fs.status('/f')).lengthBytes, 3n);
        await put('f', 'longer');
        assert.equal((await fs.status('/f')).lengthBytes, 3n);
        assert.equal((await fs.status('/f', { syncIntervalMs: 0n })).lengthBytes, 6n);
        await remove('f');
        assert.deepEqual(await fs.sync.inconsistentPaths('/'), ['/f']);
        await assert.rejects(fs.status('/f', { syncIntervalMs: 0n }), { kind: 'notFound' });
      }));
  });

test('modes that others change in a local store are taken over in place', (t) =>
  using(t, local, async ({ cluster, put }, fs) => {
    await put('f', 'x');
    await sync(fs, '/');
    const before = await fs.status('/f');
    chmodSync(join(cluster.store, 'f'), 0o600);
    const after = await fs.status('/f', { syncIntervalMs: 0n });
    assert.deepEqual([after.mode, after.fileId], [0o600, before.fileId]);
  }));
