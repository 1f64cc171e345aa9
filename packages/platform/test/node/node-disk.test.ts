import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AlluviumError } from '@alluvium/base';
import type { ErrorKind } from '@alluvium/base';
import { nodeDisk } from '@alluvium/platform';
import { diskError } from '@alluvium/platform/node/disk-errors.js';

const disk = nodeDisk();
const inMemory = fs.existsSync('/dev/shm') ? '/dev/shm' : undefined;

const failsAs =
  (kind: ErrorKind, text?: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof AlluviumError, String(error));
    assert.equal(error.kind, kind);
    if (text !== undefined) assert.match(error.message, text);
    return true;
  };

for (const [name, parent] of [
  ['on disk', tmpdir()],
  ['on tmpfs', inMemory],
] as const) {
  describe(`nodeDisk ${name}`, { skip: parent === undefined }, () => {
    let root: string;
    before(() => {
      root = fs.mkdtempSync(join(parent!, 'alluvium-disk-'));
    });
    after(() => fs.rmSync(root, { recursive: true, force: true }));

    test('writes parts at positions and reads them back, fewer bytes only at the end', async () => {
      await using file = await disk.open(join(root, 'parts'), 'update');
      await file.write([Buffer.from('abc'), Buffer.alloc(0), Buffer.from('def')], 2);
      await file.write([Buffer.from('XY')], 0);
      const into = Buffer.alloc(10);
      assert.equal(await file.read(into, 0), 8);
      assert.equal(into.toString('latin1', 0, 8), 'XYabcdef');
      assert.equal(await file.read(into, 8), 0);
      assert.equal(await file.length(), 8);
      await file.truncate(3);
      await file.sync();
      assert.equal(await file.length(), 3);
    });

    test('writes more parts than one system call takes', async () => {
      await using file = await disk.open(join(root, 'many'), 'update');
      const parts = Array.from({ length: 3000 }, (_, i) => Buffer.from([i & 255, i >> 8]));
      await file.write(parts, 5);
      const into = Buffer.alloc(6000);
      assert.equal(await file.read(into, 5), 6000);
      assert.deepEqual(into, Buffer.concat(parts));
    });

    test('reads and writes more than the size that is done on the calling thread', async () => {
      await using file = await disk.open(join(root, 'large'), 'update');
      const bytes = Buffer.alloc(3 * 2 ** 20 + 7);
      for (let i = 0; i < bytes.length; i += 4093) bytes[i] = i & 255;
      await file.write([bytes.subarray(0, 100), bytes.subarray(100)], 1);
      const into = Buffer.alloc(bytes.length);
      assert.equal(await file.read(into, 1), bytes.length);
      assert.ok(into.equals(bytes));
    });

    test('create fails when the file exists, write truncates, read fails when it is not there', async () => {
      const path = join(root, 'access');
      await assert.rejects(
        disk.open(path, 'read'),
        failsAs('notFound', /^Cannot open for read ".*\/access": nothing is there \(ENOENT\)$/),
      );
      await (await disk.open(path, 'create')).close();
      await assert.rejects(disk.open(path, 'create'), failsAs('alreadyExists', /EEXIST/));
      fs.writeFileSync(path, 'long text');
      await (await disk.open(path, 'write')).close();
      assert.equal(fs.readFileSync(path).length, 0);
    });

    test('modes are exact whatever the umask', async () => {
      const old = process.umask(0o077);
      try {
        await disk.makeDirectory(join(root, 'm1/m2'), 0o1777);
        await (await disk.open(join(root, 'm1/file'), 'create', 0o666)).close();
      } finally {
        process.umask(old);
      }
      assert.equal((await disk.stat(join(root, 'm1')))!.mode, 0o1777);
      assert.equal((await disk.stat(join(root, 'm1/m2')))!.mode, 0o1777);
      assert.equal((await disk.stat(join(root, 'm1/file')))!.mode, 0o666);
      await disk.makeDirectory(join(root, 'm1'), 0o700);
      assert.equal((await disk.stat(join(root, 'm1')))!.mode, 0o1777, 'a directory that exists keeps its mode');
    });

    test('lists kinds through symbolic links', async () => {
      await disk.makeDirectory(join(root, 'list/inner'));
      fs.writeFileSync(join(root, 'list/file'), '');
      fs.symlinkSync('inner', join(root, 'list/link'));
      fs.symlinkSync('nowhere', join(root, 'list/broken'));
      const entries = (await disk.list(join(root, 'list'))).sort((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(entries, [
        { name: 'broken', kind: 'other' },
        { name: 'file', kind: 'file' },
        { name: 'inner', kind: 'directory' },
        { name: 'link', kind: 'directory' },
      ]);
      await assert.rejects(disk.list(join(root, 'absent')), failsAs('notFound'));
    });

    test('stat answers undefined for what is not there, also below a file', async () => {
      fs.writeFileSync(join(root, 'plain'), '12345');
      assert.equal(await disk.stat(join(root, 'absent')), undefined);
      assert.equal(await disk.stat(join(root, 'plain/below')), undefined);
      const stat = (await disk.stat(join(root, 'plain')))!;
      assert.deepEqual([stat.kind, stat.length, stat.uid], ['file', 5, process.getuid!()]);
      assert.ok(Number.isInteger(stat.modifiedMs));
    });

    test('rename replaces, remove forgives what is gone, removeDirectory keeps what is not empty', async () => {
      const a = join(root, 'a');
      const b = join(root, 'b');
      fs.writeFileSync(a, 'new');
      fs.writeFileSync(b, 'old');
      await disk.rename(a, b);
      assert.equal((await disk.readFile(b)).toString(), 'new');
      await assert.rejects(disk.rename(a, b), failsAs('notFound'));
      await disk.remove(b);
      await disk.remove(b);
      await disk.makeDirectory(join(root, 'full/inner'));
      await assert.rejects(disk.removeDirectory(join(root, 'full')), failsAs('failedPrecondition', /not empty/));
      await disk.removeDirectory(join(root, 'full'), { recursive: true });
      await disk.removeDirectory(join(root, 'full'));
      await disk.syncDirectory(root);
      await assert.rejects(disk.syncDirectory(join(root, 'full')), failsAs('notFound'));
    });

    test('space is that of the file system', async () => {
      const space = await disk.space(root);
      assert.ok(space.capacityBytes > 0 && space.availableBytes <= space.capacityBytes);
      await assert.rejects(disk.space(join(root, 'absent')), failsAs('notFound'));
    });

    test('close waits for what runs, works twice, and the file refuses afterwards', async () => {
      const bytes = Buffer.alloc(4 * 2 ** 20, 9);
      let file;
      // Whether a close would overtake a write is up to the thread pool, hence several.
      for (let i = 0; i < 10; i++) {
        const order: string[] = [];
        file = await disk.open(join(root, 'closing'), 'update');
        const writes = [0, 1, 2].map((n) => file!.write([bytes], n * bytes.length).then(() => order.push('written')));
        await Promise.all([file.close().then(() => order.push('closed')), file.close(), ...writes]);
        assert.deepEqual(order, ['written', 'written', 'written', 'closed']);
      }
      file = file!;
      await assert.rejects(file.read(Buffer.alloc(1), 0), failsAs('failedPrecondition', /it is closed/));
    });
  });
}

test('a full device is resourceExhausted', { skip: !fs.existsSync('/dev/full') }, async () => {
  await using file = await disk.open('/dev/full', 'write');
  await assert.rejects(
    file.write([Buffer.from('x')], 0),
    failsAs('resourceExhausted', /Cannot write "\/dev\/full": no space left on the device \(ENOSPC\)/),
  );
});

test('every errno has the kind that the seam promises', () => {
  const kinds: Record<string, ErrorKind> = {
    ENOENT: 'notFound',
    EEXIST: 'alreadyExists',
    ENOSPC: 'resourceExhausted',
    EDQUOT: 'resourceExhausted',
    EACCES: 'permissionDenied',
    EPERM: 'permissionDenied',
    EROFS: 'permissionDenied',
    ENOTEMPTY: 'failedPrecondition',
    EIO: 'dataLoss',
    EXDEV: 'unknown',
  };
  for (const [code, kind] of Object.entries(kinds)) {
    const cause = Object.assign(new Error(code), { code });
    assert.equal(diskError('read', '/x', cause).kind, kind, code);
    assert.equal(diskError('read', '/x', cause).cause, cause);
  }
});
