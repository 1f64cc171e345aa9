import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { cluster } from '../fakes/cluster.js';

const ADDRESS = 'alluxio.worker.data.server.domain.socket.address';
const AS_UUID = 'alluxio.worker.data.server.domain.socket.as.uuid';

test('a worker serves at a domain socket as well, where it is told to, and tells the master where', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/alluvium-socket-`);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const none = await cluster(t);
  assert.equal(none.master.addresses.at(-1)?.domainSocketPath, '');
  const named = await cluster(t, { configuration: { [ADDRESS]: `${folder}/in/worker` } });
  assert.equal(named.master.addresses.at(-1)?.domainSocketPath, `${folder}/in/worker`);
  assert.ok(existsSync(`${folder}/in`));
  const unique = await cluster(t, { configuration: { [ADDRESS]: folder, [AS_UUID]: 'true' } });
  const path = unique.master.addresses.at(-1)!.domainSocketPath!;
  assert.equal(dirname(path), folder);
  assert.match(path, /[0-9a-f]{8}-[0-9a-f-]{27}$/);
});
