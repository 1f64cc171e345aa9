import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { Interruption } from '@alluvium/cli';
import { FakeTerminal } from '../fakes/fake-terminal.js';

function terminal(): FakeTerminal {
  const t = new FakeTerminal();
  t.fileSystem.file('/src/a', 'content of a').file('/src/sub/b', 'content of b').directory('/src/none');
  t.local.file('/l/x', 'local x').file('/l/tree/1', 'one').file('/l/tree/deep/2', 'two').file('/l/tree/deep/empty', '');
  return t;
}

test('cp copies a file to a new name, and into a directory under its own', async () => {
  const t = terminal();
  t.fileSystem.directory('/dst');
  assert.equal(await t.run('fs cp /src/a /a2'), 0);
  assert.equal(await t.run('fs cp /src/a /dst'), 0);
  assert.equal(t.fileSystem.content('/a2'), 'content of a');
  assert.equal(t.fileSystem.content('/dst/a'), 'content of a');
  assert.equal(t.fileSystem.calls.filter((call) => call === 'close /src/a').length, 2);
  assert.deepEqual(t.stdout.lines, ['Copied /src/a to /a2', 'Copied /src/a to /dst/a']);
});

test('cp copies directories with -R only, empty ones too', async () => {
  const t = terminal();
  assert.equal(await t.run('fs cp /src /dst'), 1);
  assert.match(t.stderr.text, /Cannot copy "\/src": it is a directory; cp -R/);
  assert.equal(await t.run('fs cp -R /src /dst'), 0);
  assert.deepEqual(
    t.fileSystem.paths.filter((path) => path.startsWith('/dst')),
    ['/dst', '/dst/a', '/dst/none', '/dst/sub', '/dst/sub/b'],
  );
  assert.equal(t.fileSystem.content('/dst/sub/b'), 'content of b');
  assert.deepEqual(t.stdout.lines.toSorted(), [
    'Copied /src/a to /dst/a',
    'Copied /src/sub/b to /dst/sub/b',
    'Created directory: /dst',
    'Created directory: /dst/none',
    'Created directory: /dst/sub',
  ]);
  assert.equal(await t.run('fs cp -r /src /dst'), 0);
  assert.equal(t.fileSystem.content('/dst/src/sub/b'), 'content of b');
});

test('cp leaves what exists alone unless --overwrite', async () => {
  const t = terminal();
  t.fileSystem.file('/dst/src/a', 'old');
  assert.equal(await t.run('fs cp -R /src /dst'), 1);
  assert.equal(t.stderr.text, 'alluvium fs cp: Cannot write "/dst/src/a": it exists; --overwrite replaces it\n');
  assert.equal(t.fileSystem.content('/dst/src/a'), 'old');
  assert.equal(t.fileSystem.content('/dst/src/sub/b'), 'content of b', 'the others are copied');
  assert.equal(await t.run('fs cp -R --overwrite /src /dst'), 0);
  assert.equal(t.fileSystem.content('/dst/src/a'), 'content of a');
});

test('a directory that cannot be made is told once, and the others are copied', async () => {
  const t = terminal();
  t.fileSystem.file('/dst/src/sub', 'a file is here').file('/src/sub/c', '').file('/src/z/d', 'content of d');
  assert.equal(await t.run('fs cp -R /src /dst'), 1);
  assert.deepEqual(t.stderr.lines, ['alluvium fs cp: Cannot make the directory "/dst/src/sub": it is a file']);
  assert.equal(t.fileSystem.content('/dst/src/z/d'), 'content of d');
});

test('cp refuses to copy something into itself', async () => {
  const t = terminal();
  for (const line of ['fs cp -R /src /src', 'fs cp -R /src /src/sub', 'fs cp /src/a /src/a', 'fs cp -R / /src'])
    assert.equal(await t.run(line), 1, line);
  assert.equal(t.stderr.lines.length, 4);
  assert.match(t.stderr.lines[0]!, /that is itself or below it/);
  assert.equal(t.fileSystem.content('/src/a'), 'content of a');
});

test('cp takes several sources and wildcards into one directory', async () => {
  const t = terminal();
  assert.equal(await t.run('fs cp /src/a /src/s*/b /all'), 0);
  assert.deepEqual(
    t.fileSystem.paths.filter((path) => path.startsWith('/all')),
    ['/all', '/all/a', '/all/b'],
  );
  t.fileSystem.file('/file', '');
  assert.equal(await t.run('fs cp /src/a /src/sub/b /file'), 1);
  assert.match(t.stderr.text, /it is no directory/);
});

test('cp goes from and to this machine by file://', async () => {
  const t = terminal();
  assert.equal(await t.run('fs cp -R file:///l/tree /up'), 0);
  assert.equal(t.fileSystem.content('/up/deep/2'), 'two');
  assert.equal(t.fileSystem.content('/up/deep/empty'), '');
  assert.equal(await t.run('fs cp -R /src file:///l/down'), 0);
  assert.equal(t.local.content('/l/down/sub/b'), 'content of b');
  assert.ok(t.stdout.lines.includes('Copied file:///l/tree/1 to /up/1'));
  assert.ok(t.stdout.lines.includes('Copied /src/a to file:///l/down/a'));
  for (const line of ['fs cp file:///l/x file:///l/y', 'fs cp file:///l/x /src/a /dst', 'fs cp /src/a'])
    assert.equal(await t.run(line), 2, line);
});

test('copyFromLocal and copyToLocal take directories and relative paths', async () => {
  const t = terminal();
  t.local.file('/here/rel', 'relative');
  assert.equal(await t.run('fs copyFromLocal rel file:///l/x /l/tree /up'), 0);
  assert.equal(t.fileSystem.content('/up/rel'), 'relative');
  assert.equal(t.fileSystem.content('/up/tree/deep/2'), 'two');
  assert.equal(await t.run('fs copyToLocal /up .'), 0);
  assert.equal(t.local.content('/here/up/tree/1'), 'one');
});

test('copyFromLocal reads standard input for -', async () => {
  const t = terminal();
  t.input = ['typed ', 'in'];
  assert.equal(await t.run('fs copyFromLocal - /typed'), 0);
  assert.equal(t.fileSystem.content('/typed'), 'typed in');
  assert.equal(t.stdout.text, 'Copied standard input to /typed\n');
});

test('a local file gets its name when it is whole, and never that of another', async () => {
  const t = terminal();
  const seen: string[][] = [];
  t.fileSystem.onChunk = () => void seen.push(t.local.paths.filter((path) => path.startsWith('/here/')));
  assert.equal(await t.run('fs copyToLocal /src/a out'), 0);
  assert.deepEqual(seen[0], ['/here/.alluvium-0101010101010101.copying']);
  assert.deepEqual(
    t.local.paths.filter((path) => path.startsWith('/here/')),
    ['/here/out'],
  );
  t.local.file('/here/taken', 'mine');
  assert.equal(await t.run('fs copyToLocal /src/a taken'), 1);
  assert.equal(t.local.content('/here/taken'), 'mine');
  assert.equal(await t.run('fs copyToLocal --overwrite /src/a taken'), 0);
  assert.equal(t.local.content('/here/taken'), 'content of a');
  t.fileSystem.onChunk = () => void t.local.file('/here/late', 'somebody else');
  assert.equal(await t.run('fs copyToLocal /src/a late'), 1);
  assert.equal(t.local.content('/here/late'), 'somebody else');
  assert.ok(!t.local.paths.some((path) => path.includes('.copying')));
});

test('a full device leaves nothing behind, and the next file is tried', async () => {
  const t = terminal();
  t.local.freeBytes = 13;
  assert.equal(await t.run('fs copyToLocal --thread 1 /src /here/out'), 1);
  assert.match(t.stderr.text, /the device is full/);
  assert.deepEqual(
    t.local.paths.filter((path) => path.startsWith('/here/out')),
    ['/here/out', '/here/out/a', '/here/out/none', '/here/out/sub'],
  );
  assert.equal(t.local.openWriters, 0);
});

test('names from a cluster cannot lead out of the directory', async () => {
  for (const name of ['../../etc/passwd', '..', '.', '', 'a\0b']) {
    const t = terminal();
    const { fileSystem } = t;
    const list = fileSystem.list.bind(fileSystem);
    fileSystem.list = async function* (path, options) {
      for await (const status of list(path, options)) yield status.name === 'a' ? { ...status, name } : status;
    };
    const before = t.local.paths;
    assert.equal(await t.run('fs copyToLocal /src /here/out'), 1);
    assert.match(t.stderr.text, /no file here can have that name/);
    assert.deepEqual(
      t.local.paths.filter((path) => !before.includes(path)),
      ['/here/out'],
    );
  }
});

test('at most four files are under way at a time', async () => {
  const t = terminal();
  for (let n = 0; n < 20; n++) t.fileSystem.file(`/many/${n}`, 'some content');
  assert.equal(await t.run('fs cp -R /many /copy'), 0);
  assert.equal(t.fileSystem.mostWriters, 4);
  t.fileSystem.mostWriters = 0;
  assert.equal(await t.run('fs cp -R --thread 2 /many /copy2'), 0);
  assert.equal(t.fileSystem.mostWriters, 2);
});

test('Ctrl-C ends a copy with nothing half written', async () => {
  for (const line of ['fs cp -R /many /copy', 'fs copyToLocal /many /here/copy']) {
    const t = terminal();
    for (let n = 0; n < 20; n++) t.fileSystem.file(`/many/${n}`, 'some content');
    let chunks = 0;
    t.fileSystem.onChunk = () => {
      if (++chunks === 14) t.abort.abort(new Interruption('SIGINT'));
    };
    assert.equal(await t.run(line), 130);
    assert.equal(t.stderr.text, '');
    const incomplete = [...t.fileSystem.nodes.values()].filter(({ status }) => !status.completed);
    assert.deepEqual(incomplete, []);
    assert.ok(!t.local.paths.some((path) => path.includes('.copying')), t.local.paths.join(' '));
    const copied = [...t.fileSystem.paths, ...t.local.paths].filter((path) => /copy\/\d/.test(path));
    assert.ok(copied.length > 0 && copied.length < 20, `${copied.length} copied`);
    assert.equal(t.fileSystem.closed, true);
  }
});

test('Ctrl-C does not wait for a cluster that does not answer', async () => {
  const t = terminal();
  t.fileSystem.onChunk = () => t.abort.abort(new Interruption('SIGINT'));
  const create = t.fileSystem.create.bind(t.fileSystem);
  const never = new Promise<void>(() => {});
  t.fileSystem.create = async (path, options) => ({ ...(await create(path, options)), abort: () => never });
  t.fileSystem.close = () => never;
  assert.equal(await t.run('fs cp /src/a /b'), 130);
  assert.equal(t.stderr.text, 'alluvium fs cp: the cluster does not answer; what was half written may still be there\n');
  assert.equal(t.clock.timeMs, 1_000_000 + 5000 + 2000);
  assert.equal(t.clock.pending, 0);
});

test('what cannot be removed is told beside the reason why it is given up', async () => {
  const t = terminal();
  t.fileSystem.onChunk = () => {
    throw fail('dataLoss', 'Cannot read "/src/a": its bytes are damaged');
  };
  const create = t.fileSystem.create.bind(t.fileSystem);
  t.fileSystem.create = async (path, options) => ({
    ...(await create(path, options)),
    abort: () => Promise.reject(fail('permissionDenied', 'Permission denied by ann')),
  });
  assert.equal(await t.run('fs cp /src/a /b'), 1);
  assert.deepEqual(t.stderr.lines, [
    'alluvium fs cp: /b: Permission denied by ann',
    'alluvium fs cp: Cannot read "/src/a": its bytes are damaged',
  ]);
});

test('termination has the exit code that a shell gives it', async () => {
  const t = terminal();
  t.fileSystem.onChunk = () => t.abort.abort(new Interruption('SIGTERM'));
  assert.equal(await t.run('fs cp /src/a /b'), 143);
});

test('links to directories and special files are left out, and said', async () => {
  const t = terminal();
  t.local.entries.set('/l/tree/loop', 'link');
  assert.equal(await t.run('fs copyFromLocal /l/tree /up'), 1);
  assert.equal(t.stderr.text, 'alluvium fs copyFromLocal: file:///l/tree/loop: left out: it is a link to a directory\n');
  assert.equal(t.fileSystem.content('/up/deep/2'), 'two');
});

test('a copy shows how far it is on a terminal, and keeps its lines apart from that', async () => {
  const t = terminal();
  t.stderr.isTTY = true;
  t.stdout.isTTY = true;
  t.stderr.columns = 60;
  // Time passes while the chunk is awaited.
  t.fileSystem.onChunk = () => new Promise((resolve) => void t.clock.schedule(500, resolve));
  assert.equal(await t.run('fs cp /src/a /b'), 0);
  assert.match(t.stderr.text, /\r\x1b\[K4B of 12B, \d+B\/s, 0:0\d left/);
  assert.ok(t.stderr.text.endsWith('\r\x1b[K'));
  assert.equal(t.stdout.text, 'Copied /src/a to /b\n');
  assert.equal(t.clock.pending, 0);
});

test('no progress is drawn where nobody watches', async () => {
  const t = terminal();
  t.fileSystem.onChunk = () => new Promise((resolve) => void t.clock.schedule(500, resolve));
  assert.equal(await t.run('fs cp /src/a /b'), 0);
  assert.equal(t.stderr.text, '');
});

test('what cp replaces in the cluster stays until the new file is whole', async () => {
  const t = new FakeTerminal();
  t.fileSystem.file('/a', 'new content').file('/b', 'old');
  const seen: string[] = [];
  t.fileSystem.onChunk = () => void seen.push(t.fileSystem.content('/b'));
  assert.equal(await t.run('fs cp --overwrite /a /b'), 0);
  assert.deepEqual(new Set(seen), new Set(['old']));
  assert.equal(t.fileSystem.content('/b'), 'new content');
  assert.deepEqual(t.fileSystem.paths, ['/', '/a', '/b'], 'nothing is left beside it');
  t.fileSystem.file('/c', 'kept');
  t.fileSystem.onChunk = (_, at) => {
    if (at > 0) throw fail('unavailable', 'the worker is gone');
  };
  assert.equal(await t.run('fs cp --overwrite /a /c'), 1);
  assert.equal(t.fileSystem.content('/c'), 'kept');
  assert.deepEqual(t.fileSystem.paths, ['/', '/a', '/b', '/c']);
  t.fileSystem.directory('/d/a');
  assert.equal(await t.run('fs cp --overwrite /a /d'), 1);
  assert.match(t.stderr.text, /Cannot write "\/d\/a": it is a directory/);
});

test('cp --preserve gives copies the owner, group and permissions', async () => {
  const t = new FakeTerminal();
  t.fileSystem.file('/src/f', 'x', { owner: 'bob', group: 'ops', mode: 0o640 });
  Object.assign(t.fileSystem.nodes.get('/src')!.status, { mode: 0o500, owner: 'eve' });
  assert.equal(await t.run('fs cp -R -p /src /dst'), 0);
  const { owner, group, mode } = await t.fileSystem.status('/dst/f');
  assert.deepEqual([owner, group, mode], ['bob', 'ops', 0o640]);
  const directory = await t.fileSystem.status('/dst');
  assert.deepEqual([directory.owner, directory.mode], ['eve', 0o500]);
  assert.equal(await t.run('fs cp -p /src/f file:///x'), 2);
});
