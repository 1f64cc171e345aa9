import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { FakeTerminal } from '../fakes/fake-terminal.js';

function terminal(): FakeTerminal {
  const t = new FakeTerminal();
  t.fileSystem.file('/data/a.csv', 'a,b\n1,2\n').file('/data/deep/big.bin', new Uint8Array(6000), { mode: 0o600, pinned: true });
  return t;
}

/** Times depend on the zone of the machine. */
const withoutTimes = (text: string): string => text.replace(/\d\d-\d\d-\d{4} \d\d:\d\d:\d\d:\d{3}/g, '<TIME>'.padEnd(23));

test('ls prints the columns of the shell that scripts know', async () => {
  const t = terminal();
  assert.equal(await t.run('fs ls /data'), 0);
  assert.deepEqual(withoutTimes(t.stdout.text).split('\n'), [
    '-rw-r--r--  ann            staff                        8       PERSISTED <TIME>                  100% /data/a.csv',
    'drwxr-xr-x  ann            staff                        1   NOT_PERSISTED <TIME>                   DIR /data/deep',
    '',
  ]);
  assert.equal(t.stderr.text, '');
});

test('ls lists below with -R, the directory itself with -d, the root when nothing is said', async () => {
  const t = terminal();
  const paths = async (line: string): Promise<string[]> => {
    t.stdout.text = '';
    assert.equal(await t.run(line), 0);
    return t.stdout.lines.map((text) => text.split(' ').at(-1)!);
  };
  assert.deepEqual(await paths('fs ls -R /data'), ['/data/a.csv', '/data/deep', '/data/deep/big.bin']);
  assert.deepEqual(await paths('fs ls -d /data'), ['/data']);
  assert.deepEqual(await paths('fs ls'), ['/data']);
  assert.deepEqual(await paths('fs ls /data/a.csv'), ['/data/a.csv']);
  assert.deepEqual(await paths('fs ls -p -R /'), ['/data/deep/big.bin']);
  assert.equal(t.fileSystem.listOptions!.loadMetadata, undefined);
  await paths('fs ls -f /data');
  assert.equal(t.fileSystem.listOptions!.loadMetadata, 'ALWAYS');
});

test('ls sorts, either way, and refuses an order that does not exist', async () => {
  const t = terminal();
  t.fileSystem.file('/data/b.csv', '1');
  const sizes = async (line: string): Promise<string[]> => {
    t.stdout.text = '';
    assert.equal(await t.run(line), 0);
    return t.stdout.lines.map((text) => text.split(/ +/)[3]!);
  };
  assert.deepEqual(await sizes('fs ls --sort size /data'), ['1', '1', '8']);
  assert.deepEqual(await sizes('fs ls --sort size -r /data'), ['8', '1', '1']);
  assert.deepEqual(await sizes('fs ls -h /data/deep'), ['5.86KB']);
  assert.equal(await t.run('fs ls --sort colour /data'), 2);
  assert.match(t.stderr.text, /Allowed choices are creationTime, .*size/);
});

test('ls shows the time that is asked for', async () => {
  const t = terminal();
  t.fileSystem.file('/old', '', { creationTimeMs: 0n });
  assert.equal(await t.run('fs ls --timestamp creationTime /old'), 0);
  assert.match(t.stdout.text, / (?:01-01-1970|12-31-1969) /);
  assert.equal(await t.run('fs ls --timestamp never /old'), 2);
});

test('ls goes on after a path that is not there, and fails in the end', async () => {
  const t = terminal();
  assert.equal(await t.run('fs ls /missing /data/a.csv'), 1);
  assert.equal(t.stderr.text, 'alluvium fs ls: /missing: does not exist\n');
  assert.equal(t.stdout.lines.length, 1);
});

test('errors come where they belong between the lines', async () => {
  const t = terminal();
  const written: string[] = [];
  t.stdout.onWrite = (text) => written.push(`out ${text.slice(0, 10)}`);
  t.stderr.onWrite = (text) => written.push(`err ${text.slice(0, 10)}`);
  assert.equal(await t.run('fs ls /data/a.csv /missing /data'), 1);
  assert.deepEqual(written, ['out -rw-r--r--', 'err alluvium f', 'out -rw-r--r--']);
});

test('ls --json is one document, its numbers exact', async () => {
  const t = terminal();
  t.fileSystem.file('/data/huge', '', { lengthBytes: 9_007_199_254_740_993n, xattr: { tag: new Uint8Array([1, 2, 3]) } });
  assert.equal(await t.run('fs ls -R --json /data'), 0);
  const listed = JSON.parse(t.stdout.text) as { path: string; lengthBytes: unknown; mode: string; fileId: unknown; xattr: unknown }[];
  assert.deepEqual(
    listed.map(({ path, lengthBytes, mode }) => [path, lengthBytes, mode]),
    [
      ['/data/a.csv', 8, '644'],
      ['/data/deep', 1, '755'],
      ['/data/deep/big.bin', 6000, '600'],
      ['/data/huge', '9007199254740993', '644'],
    ],
  );
  assert.equal(typeof listed[0]!.fileId, 'string');
  assert.deepEqual(listed[3]!.xattr, { tag: 'AQID' });
});

test('ls --json of nothing is an empty list, also when it failed', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fs ls --json /missing'), 1);
  assert.deepEqual(JSON.parse(t.stdout.text), []);
  assert.deepEqual(JSON.parse(t.stderr.text), {
    error: { command: 'alluvium fs ls', kind: 'notFound', message: 'Path "/missing" does not exist.', path: '/missing' },
  });
});

test('names cannot make a terminal do anything', async () => {
  const t = terminal();
  t.fileSystem.file('/data/\x1b]0;gotcha\x07', '');
  t.stdout.isTTY = true;
  assert.equal(await t.run('fs ls /data'), 0);
  assert.match(t.stdout.text, /\\x1b\]0;gotcha\\x07/);
  assert.doesNotMatch(t.stdout.text, /[\x00-\x09\x0b-\x1f]/);
});

test('mkdir makes parents too; an existing directory is an error unless -p', async () => {
  const t = terminal();
  assert.equal(await t.run('fs mkdir /x/y /z'), 0);
  assert.deepEqual(t.stdout.lines, ['Successfully created directory /x/y', 'Successfully created directory /z']);
  assert.equal(await t.run('fs mkdir /x/y'), 1);
  assert.equal(t.stderr.text, 'alluvium fs mkdir: Not allowed to create directory because path already exists: /x/y\n');
  assert.equal(await t.run('fs mkdir -p /x/y'), 0);
});

test('touch makes an empty file, never over another', async () => {
  const t = terminal();
  assert.equal(await t.run('fs touch /data/_SUCCESS'), 0);
  assert.equal(t.stdout.text, '/data/_SUCCESS has been created\n');
  assert.equal(t.fileSystem.nodes.get('/data/_SUCCESS')!.status.completed, true);
  assert.equal(await t.run('fs touch /data/a.csv'), 1);
  assert.equal(t.fileSystem.content('/data/a.csv'), 'a,b\n1,2\n');
  assert.equal(await t.run('fs touch /no/such/parent'), 1);
});

test('mv renames', async () => {
  const t = terminal();
  assert.equal(await t.run('fs mv /data/a.csv /data/b.csv'), 0);
  assert.equal(t.stdout.text, 'Renamed /data/a.csv to /data/b.csv\n');
  assert.equal(t.fileSystem.content('/data/b.csv'), 'a,b\n1,2\n');
  assert.equal(await t.run('fs mv /data/gone /x'), 1);
  assert.equal(t.stderr.text, 'alluvium fs mv: /data/gone: does not exist\n');
});

test('rm removes files, and directories only with -R', async () => {
  const t = terminal();
  assert.equal(await t.run('fs rm /data'), 1);
  assert.match(t.stderr.text, /^alluvium fs rm: Cannot remove "\/data": it is a directory; rm -R/);
  assert.equal(t.fileSystem.nodes.has('/data/a.csv'), true);
  assert.equal(await t.run('fs rm /data/a.csv'), 0);
  assert.equal(await t.run('fs rm -r --alluxioOnly /data/deep'), 0);
  assert.equal(await t.run('fs rm -R /data'), 0);
  assert.deepEqual(t.stdout.lines, [
    '/data/a.csv has been removed',
    '/data/deep has been removed only from Alluxio space',
    '/data has been removed',
  ]);
  assert.deepEqual(
    t.fileSystem.calls.filter((call) => call.startsWith('remove')),
    ['remove /data/a.csv', 'removeAlluxioOnly /data/deep', 'remove /data'],
  );
});

test('rm says in its own words that a mount point is in the way', async () => {
  const t = terminal();
  t.fileSystem.remove = async () => {
    throw fail(
      'failedPrecondition',
      'Cannot delete path / which is or contains a mount point without --deleteMountPoint/-m option specified',
    );
  };
  assert.equal(await t.run('fs rm -R /data'), 1);
  assert.equal(
    t.stderr.text,
    'alluvium fs rm: Cannot remove "/data": it is or contains a mount point; unmount it first; --deleteMountPoint removes what is in its store too\n',
  );
});

test('stat prints name=value lines and where the blocks are', async () => {
  const t = terminal();
  assert.equal(await t.run('fs stat /data/a.csv'), 0);
  const { lines } = t.stdout;
  assert.equal(lines[0], '/data/a.csv is a file path.');
  assert.ok(lines.includes('  length=8'));
  assert.ok(lines.includes('  persistenceState=PERSISTED'));
  assert.ok(lines.includes('  mode=644 (-rw-r--r--)'));
  assert.match(lines.at(-1)!, /^ {2}id=\d+ offset=0 length=8 on w1:29999 \(MEM\)$/);
});

test('stat fills a format in', async () => {
  const t = terminal();
  assert.equal(await t.run(['fs', 'stat', '-f', '%N|%z|%u|%g|%b|%y|%Y|100%%', '/data/a.csv']), 0);
  assert.equal(t.stdout.text, 'a.csv|8|ann|staff|1|2026-11-21 07:25:50|1795245950123|100%\n');
  t.stdout.text = '';
  assert.equal(await t.run('fs stat -f %z /data'), 0);
  assert.equal(t.stdout.text, 'NA\n');
  assert.equal(await t.run('fs stat -f %q /data/a.csv'), 1);
  assert.match(t.stderr.text, /Cannot print %q/);
});

test('stat --json has everything that is known', async () => {
  const t = terminal();
  assert.equal(await t.run('fs stat --json /data/a.csv /data'), 0);
  const [file, directory] = JSON.parse(t.stdout.text) as [{ blocks: { blockId: unknown }[] }, { folder: boolean }];
  assert.equal(typeof file.blocks[0]!.blockId, 'string');
  assert.equal(directory.folder, true);
});

test('du shows each file, or one sum', async () => {
  const t = terminal();
  t.fileSystem.file('/data/cold', new Uint8Array(1000), { inAlluxioPercentage: 25 });
  assert.equal(await t.run('fs du /data'), 0);
  assert.deepEqual(t.stdout.lines, [
    'File Size     In Alluxio       Path',
    '8             8 (100%)         /data/a.csv',
    '1000          250 (25%)        /data/cold',
    '6000          6000 (100%)      /data/deep/big.bin',
  ]);
  t.stdout.text = '';
  assert.equal(await t.run('fs du -h -s /data'), 0);
  assert.equal(t.stdout.lines[1], '6.84KB        6.11KB (89%)     /data');
  t.stdout.text = '';
  assert.equal(await t.run('fs du -s --json /data'), 0);
  assert.deepEqual(JSON.parse(t.stdout.text), [
    { path: '/data', lengthBytes: 7008, inAlluxioBytes: 6258, inMemoryBytes: 0, bytesByWorker: { w1: 7008 } },
  ]);
});

test('count counts what is below', async () => {
  const t = terminal();
  assert.equal(await t.run('fs count /data'), 0);
  assert.deepEqual(t.stdout.lines, [
    'File Count               Folder Count             Folder Size',
    '2                        1                        6008',
  ]);
  t.stdout.text = '';
  assert.equal(await t.run('fs count --json /data'), 0);
  assert.deepEqual(JSON.parse(t.stdout.text), [{ path: '/data', files: 2, folders: 1, lengthBytes: 6008 }]);
});

test('test answers by its exit code alone', async () => {
  const t = terminal();
  t.fileSystem.file('/empty', '');
  const expected: [string, number][] = [
    ['-d /data', 0],
    ['-d /data/a.csv', 1],
    ['-f /data/a.csv', 0],
    ['-f /data', 1],
    ['-e /data', 0],
    ['-e /missing', 3],
    ['-s /data/a.csv', 0],
    ['-s /empty', 1],
    ['-z /empty', 0],
    ['-z /data/a.csv', 1],
    ['-z /data', 1],
  ];
  for (const [question, code] of expected) assert.equal(await t.run(`fs test ${question}`), code, question);
  assert.equal(t.stdout.text + t.stderr.text, '');
  assert.equal(await t.run('fs test /data'), 2);
  assert.equal(await t.run('fs test -d -f /data'), 2);
});

test('location names the workers that hold blocks', async () => {
  const t = terminal();
  assert.equal(await t.run('fs location /data/a.csv'), 0);
  assert.match(t.stdout.text, /^\/data\/a.csv with file id \d+ is on nodes:\nw1\n$/);
  t.stdout.text = '';
  assert.equal(await t.run('fs location --json /data/a.csv'), 0);
  assert.equal((JSON.parse(t.stdout.text) as { blocks: { locations: { host: string }[] }[] }[])[0]!.blocks[0]!.locations[0]!.host, 'w1');
});
