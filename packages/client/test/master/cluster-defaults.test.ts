import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileMethods, configurationMethods } from '@alluvium/client/master/services.js';
import { common, fileSystemMaster } from '@alluvium/wire';
import { FakeCluster } from '../fakes/fake-cluster.js';

const { WritePType } = fileSystemMaster;

function properties(values: Record<string, string>): { properties: common.ConfigProperty[] } {
  return { properties: Object.entries(values).map(([name, value]) => ({ name, value, source: 'PATH_DEFAULT' })) };
}

test('what a path has of its own goes before what the cluster has, the longest path first', async () => {
  const cluster = await FakeCluster.start();
  const { master } = cluster;
  master.pathConfigs = {
    '/d': properties({
      'alluxio.user.file.writetype.default': 'THROUGH',
      'alluxio.user.file.create.ttl': '1h',
      'alluxio.user.file.create.ttl.action': 'DELETE',
      'alluxio.user.file.replication.max': '3',
    }),
    '/d/e': properties({ 'alluxio.user.file.writetype.default': 'MUST_CACHE', 'alluxio.user.file.replication.max': 'many' }),
  };
  const fs = await cluster.connect();
  for (const path of ['/d', '/d/e', '/d/ef', '/x']) await cluster.run(fs.createDirectory(`${path}/new`));
  const types = master.requests(fileMethods.createDirectory).map(({ options }) => options?.writeType);
  assert.deepEqual(types, [WritePType.THROUGH, WritePType.MUST_CACHE, WritePType.THROUGH, WritePType.MUST_CACHE]);
  const file = await cluster.run(fs.create('/d/e/file'));
  await cluster.run(file.close());
  const { commonOptions, replicationMax, replicationMin } = master.requests(fileMethods.createFile)[0]!.options!;
  assert.deepEqual([commonOptions?.ttl, commonOptions?.ttlAction], [3_600_000n, common.TtlAction.DELETE]);
  assert.deepEqual([replicationMin, replicationMax], [0, 3], 'what is no number is as if it were not there');
  assert.equal(master.requests(configurationMethods.getConfiguration).length, 1);
});
