import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { get, patterned, pathsIn, put, rejectsWith } from './world.js';
import type { InWorld } from './world.js';

export function cluster(world: InWorld): void {
  test('the workers, their space and the master are reported', async () => {
    const { fs } = world();
    const workers = await fs.workers();
    assert.ok(workers.length > 0);
    for (const { host, dataPort, capacityBytes, workerId } of workers) {
      assert.ok(host.length > 0 && dataPort > 0 && capacityBytes > 0n && workerId !== 0n);
    }
    const report = await fs.cluster();
    assert.ok(report.liveWorkers > 0);
    assert.ok(report.capacityBytes > 0n);
    assert.match(report.version, /^\d+\.\d+/);
    assert.ok(report.startTimeMs > 0n);
  });

  test('the configuration is reported with its hash', async () => {
    const { properties, clusterHash } = await world().fs.configuration();
    assert.ok(properties.some(({ name }) => name === 'alluxio.version'));
    assert.ok(clusterHash.length > 0);
  });

  test('paths have properties of their own', async () => {
    const { fs, root } = world();
    const [WRITE_TYPE, READ_TYPE] = ['alluxio.user.file.writetype.default', 'alluxio.user.file.readtype.default'];
    try {
      await fs.admin.setPathProperties(`${root}/own`, { [WRITE_TYPE]: 'THROUGH' });
      await fs.admin.setPathProperties(`${root}/own`, { [READ_TYPE]: 'NO_CACHE' });
      const known = (await fs.admin.pathProperties()).get(`${root}/own`);
      assert.deepEqual([known?.get(WRITE_TYPE), known?.get(READ_TYPE)], ['THROUGH', 'NO_CACHE']);
      await rejectsWith('internal', fs.admin.setPathProperties(root, { 'nosuch.property': '1' }));
      await fs.admin.removePathProperties(`${root}/own`, [READ_TYPE]);
      assert.equal((await fs.admin.pathProperties()).get(`${root}/own`)?.size, 1);
    } finally {
      await fs.admin.removePathProperties(`${root}/own`, []);
    }
    assert.equal((await fs.admin.pathProperties()).has(`${root}/own`), false);
    assert.deepEqual([...(await fs.admin.updateConfiguration({ 'nosuch.property': '1' }))], [['nosuch.property', false]]);
  });

  test('a local directory is mounted, read, written and unmounted', async () => {
    const { fs, root } = world();
    const directory = await mkdtemp(join(tmpdir(), 'alluvium-mount-'));
    try {
      await writeFile(join(directory, 'there'), patterned(5000));
      await fs.mount(`${root}/mounted`, directory);
      const mount = (await fs.mounts()).find(({ path }) => path === `${root}/mounted`);
      assert.equal(mount?.ufsUri.replace('file://', '').replace(/\/$/, ''), directory);
      assert.ok(mount);
      assert.equal(mount.readOnly, false);
      assert.equal((await fs.status(`${root}/mounted`)).mountPoint, true);
      assert.deepEqual(await pathsIn(fs.list(`${root}/mounted`)), [`${root}/mounted/there`]);
      assert.deepEqual(await get(fs, `${root}/mounted/there`), patterned(5000));
      await put(fs, `${root}/mounted/new`, patterned(700), { writeType: 'THROUGH' });
      assert.deepEqual(await readFile(join(directory, 'new')), patterned(700));
      assert.equal(await fs.reverseResolve(`${mount.ufsUri}/there`), `${root}/mounted/there`);
      await fs.updateMount(`${root}/mounted`, { readOnly: true });
      assert.equal((await fs.mounts()).find(({ path }) => path === `${root}/mounted`)?.readOnly, true);
      await rejectsWith('permissionDenied', fs.createDirectory(`${root}/mounted/no`));
      await fs.unmount(`${root}/mounted`);
      assert.equal(await fs.exists(`${root}/mounted/there`), false);
      assert.deepEqual(await readFile(join(directory, 'there')), patterned(5000));
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}
