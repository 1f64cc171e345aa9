import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { nodeDisk } from '@alluvium/platform';

test('a read on the calling thread is there for open files in memory only', { skip: !existsSync('/dev/shm') }, async (t) => {
  const root = mkdtempSync('/dev/shm/alluvium-now-');
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const bytes = Buffer.from('what is in memory');
  writeFileSync(`${root}/file`, bytes);
  const file = await nodeDisk().open(`${root}/file`, 'read');
  const into = Buffer.alloc(100);
  assert.equal(file.readNow!(into, 5), bytes.length - 5);
  assert.ok(bytes.subarray(5).equals(into.subarray(0, bytes.length - 5)));
  assert.equal(file.readNow!(into, 1000), 0);
  assert.equal(file.readNow!(Buffer.alloc(2 << 20), 0), undefined, 'too much for the calling thread');
  await file.close();
  assert.equal(file.readNow!(into, 0), undefined);
  await using other = await nodeDisk().open('/etc/passwd', 'read');
  assert.equal(other.readNow!(into, 0), undefined);
});
