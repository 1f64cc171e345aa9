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
    const file = await nodeDisk().open(join(root, 'file'), 'read');
    const windows = [file.map!(0, 300_000), file.map!(65_537, 1000), file.map!(299_999, 1)];
    await file.close();
    assert.ok(bytes.equals(windows[0]!.bytes));
    assert.ok(bytes.subarray(65_537, 66_537).equals(windows[1]!.bytes));
    assert.equal(windows[2]!.bytes[0], bytes[299_999]);
    for (const window of windows) window!.release();
  });

  test("what was released is nobody else's: its place is readable again only for the next mapping", async () => {
    await using file = await nodeDisk().open(join(root, 'file'), 'read');
    const window = file.map!(0, 200_000)!;
    window.populate(0, 200_000);
    window.release();
    window.release();
    const next = file.map!(65_536, 1000)!;
    const other = file.map!(0, 1000)!;
    assert.notEqual(next.bytes.byteOffset, other.bytes.byteOffset, 'a second release gave the place away twice');
    assert.ok(bytes.subarray(65_536, 66_536).equals(next.bytes));
    next.release();
    other.release();
  });

  test('what others could write to, now or once, is not mapped: they may cut it short', async () => {
    for (const mode of [0o666, 0o664, 0o755, 0o777]) {
      fs.writeFileSync(join(root, 'foreign'), bytes);
      fs.chmodSync(join(root, 'foreign'), mode);
      await using file = await nodeDisk().open(join(root, 'foreign'), 'read');
      assert.equal(file.map!(0, 1000), undefined, mode.toString(8));
    }
  });

  test('a read on the calling thread is there for files in memory only', async () => {
    const file = await nodeDisk().open(join(root, 'file'), 'read');
    const into = Buffer.alloc(1000);
    assert.equal(file.readNow!(into, 299_500), 500);
    assert.ok(bytes.subarray(299_500).equals(into.subarray(0, 500)));
    await file.close();
    assert.equal(file.readNow!(into, 0), undefined);
    await using other = await nodeDisk().open('/etc/passwd', 'read');
    assert.equal(other.readNow!(into, 0), undefined);
  });

  test('the same window again and again does not pile up memory', async () => {
    await using file = await nodeDisk().open(join(root, 'file'), 'read');
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
    await using file = await nodeDisk().open(join(root, 'file'), 'read');
    assert.equal(file.map!(0, 300_001), undefined);
    assert.equal(file.map!(-1, 10), undefined);
    assert.equal(file.map!(0, 0), undefined);
  });

  test('nothing is mapped outside tmpfs, after close, or where it is switched off', async () => {
    const other = await nodeDisk().open('/etc/passwd', 'read');
    assert.equal(other.map!(0, 1), undefined);
    await other.close();
    const off = await nodeDisk({ mapFiles: false }).open(join(root, 'file'), 'read');
    assert.equal(off.map!(0, 1), undefined);
    await off.close();
    const closed = await nodeDisk().open(join(root, 'file'), 'read');
    await closed.close();
    assert.equal(closed.map!(0, 1), undefined);
  });
});
