import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nodeDisk } from '@alluvium/platform';
import { memoryMapper } from '@alluvium/platform/node/mmap.js';

const missing = !fs.existsSync('/dev/shm') || memoryMapper() === undefined;

describe('mapped files', { skip: missing }, () => {
  let root: string;
  const bytes = Buffer.alloc(300_000);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31) & 255;
  before(() => {
    root = fs.mkdtempSync('/dev/shm/alluvium-map-');
    fs.writeFileSync(join(root, 'file'), bytes);
  });
  after(() => fs.rmSync(root, { recursive: true, force: true }));

  test('a window shows the bytes of the file, at any position, also after close', async () => {
    const file = await nodeDisk({ mapFiles: true }).open(join(root, 'file'), 'read');
    const windows = [file.map!(0, 300_000), file.map!(65_537, 1000), file.map!(299_999, 1)];
    await file.close();
    assert.ok(bytes.equals(windows[0]!.bytes));
    assert.ok(bytes.subarray(65_537, 66_537).equals(windows[1]!.bytes));
    assert.equal(windows[2]!.bytes[0], bytes[299_999]);
    for (const window of windows) window!.release();
  });

  test('release empties every view and may come twice', async () => {
    await using file = await nodeDisk({ mapFiles: true }).open(join(root, 'file'), 'read');
    const window = file.map!(10, 100)!;
    const view = window.bytes.subarray(5, 10);
    window.release();
    window.release();
    assert.equal(window.bytes.length, 0);
    assert.equal(view.length, 0);
    assert.equal(view[0], undefined);
  });

  test('the same window again and again does not pile up memory', async () => {
    await using file = await nodeDisk({ mapFiles: true }).open(join(root, 'file'), 'read');
    const mapped = (): number =>
      fs
        .readFileSync('/proc/self/maps', 'latin1')
        .split('\n')
        .filter((line) => line.endsWith(join(root, 'file'))).length;
    for (let i = 0; i < 1000; i++) {
      const window = file.map!(i, 200_000)!;
      assert.equal(window.bytes[0], bytes[i]);
      window.release();
    }
    assert.equal(mapped(), 0);
  });

  test('a range that is not wholly inside the file is not mapped', async () => {
    await using file = await nodeDisk({ mapFiles: true }).open(join(root, 'file'), 'read');
    assert.equal(file.map!(0, 300_001), undefined);
    assert.equal(file.map!(-1, 10), undefined);
    assert.equal(file.map!(0, 0), undefined);
  });

  test('nothing is mapped outside tmpfs, after close, or unless switched on', async () => {
    const other = await nodeDisk({ mapFiles: true }).open('/etc/passwd', 'read');
    assert.equal(other.map!(0, 1), undefined);
    await other.close();
    const off = await nodeDisk().open(join(root, 'file'), 'read');
    assert.equal(off.map!(0, 1), undefined);
    await off.close();
    const closed = await nodeDisk({ mapFiles: true }).open(join(root, 'file'), 'read');
    await closed.close();
    assert.equal(closed.map!(0, 1), undefined);
  });
});
