// The program with its namespace in RocksDB, and from there to the heap and back.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type FileSystem } from '@alluvium/client';
import { Program, type Result } from './support/program.js';

const ROCKS = '-Dalluxio.master.metastore=ROCKS';

function succeeded(result: Result): void {
  assert.equal(result.code, 0, `${result.out}${result.err}`);
}

async function connectTo(program: Program): Promise<FileSystem> {
  const [host, port] = program.state().master.split(':');
  return connect({ host: host!, port: Number(port) });
}

/** Everything there is, with what may not change by itself. */
async function listed(fs: FileSystem): Promise<string[]> {
  const out: string[] = [];
  for await (const { path, fileId, mode, lengthBytes, lastModificationTimeMs, pinned } of fs.list('/', { recursive: true }))
    out.push(`${path} ${fileId} ${mode} ${lengthBytes} ${lastModificationTimeMs} ${pinned}`);
  return out;
}

test('the program works with its namespace in RocksDB, and the metastore is another one after the next start', async (t) => {
  const program = new Program(t);
  const metastore = join(program.home, 'metastore');
  succeeded(program.start(ROCKS, '-Dalluxio.master.metastore.inode.cache.max.size=1'));
  let fs = await connectTo(program);
  for (let i = 0; i < 20; i++) await (await fs.create(`/a/b${i % 3}/file-${i}`, { recursive: true, writeType: 'MUST_CACHE' })).close();
  await fs.rename('/a/b0/file-0', '/a/b1/moved');
  await fs.remove('/a/b2', { recursive: true });
  const before = await listed(fs);
  assert.equal(before.length, 3 + 14);
  assert.deepEqual(readdirSync(metastore).sort(), ['ALLUVIUM-METASTORE', 'rocksdb-1']);

  for (const option of ['-Dalluxio.master.metastore=heap', ROCKS]) {
    await fs.close();
    succeeded(program.run(['stop']));
    succeeded(program.start(option));
    fs = await connectTo(program);
    assert.deepEqual(await listed(fs), before);
  }
  assert.deepEqual(readdirSync(metastore).sort(), ['ALLUVIUM-METASTORE', 'rocksdb-2']);

  await fs.close();
  succeeded(program.run(['stop']));
  const journal = join(program.home, 'journal');
  const files = readdirSync(journal);
  const refused = program.start(ROCKS, `-Dalluxio.master.metastore.dir=${journal}`);
  assert.notEqual(refused.code, 0);
  assert.match(refused.err + refused.out, /not of a metastore; set alluxio\.master\.metastore\.dir/);
  assert.deepEqual(readdirSync(journal), files);
});
