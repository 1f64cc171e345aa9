import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTerminal } from '../fakes/fake-terminal.js';

function terminal(): FakeTerminal {
  const t = new FakeTerminal();
  t.fileSystem.file('/data/a', 'a').file('/data/b', 'b');
  return t;
}

test('chmod takes octal digits, for everything below with -R', async () => {
  const t = terminal();
  assert.equal(await t.run('fs chmod 640 /data/a'), 0);
  assert.equal(t.stdout.text, 'Changed permission of /data/a to 640\n');
  assert.equal(t.fileSystem.nodes.get('/data/a')!.status.mode, 0o640);
  assert.equal(t.fileSystem.nodes.get('/data/b')!.status.mode, 0o644);
  assert.equal(await t.run('fs chmod -R 0700 /data'), 0);
  assert.equal(t.fileSystem.nodes.get('/data/b')!.status.mode, 0o700);
  for (const wrong of ['9999', 'u+q', '64', '1777', 'u=rwx,', 'z+x', 'u']) assert.equal(await t.run(`fs chmod ${wrong} /data/a`), 2, wrong);
});

test('chmod with letters that say everything is one call for everything below', async () => {
  const t = terminal();
  assert.equal(await t.run('fs chmod -R u=rwx,g=rx,o= /data'), 0);
  assert.equal(t.stdout.text, 'Changed permission of /data to u=rwx,g=rx,o=\n');
  assert.equal(t.fileSystem.nodes.get('/data/b')!.status.mode, 0o750);
  assert.equal(t.fileSystem.calls.filter((call) => call.startsWith('setAttribute')).length, 1);
});

for (const [change, file, directory] of [
  ['u+x', 0o744, 0o755],
  ['g-r,o-r', 0o600, 0o711],
  ['+w', 0o666, 0o777],
  ['o=', 0o640, 0o750],
  ['a=r,u+w', 0o644, 0o644],
  ['g=w', 0o624, 0o725],
  ['go=,u-w', 0o400, 0o500],
  ['a+X', 0o644, 0o755],
  ['ug+x,a+X', 0o755, 0o755],
] as const) {
  test(`chmod ${change}`, async () => {
    const t = terminal();
    assert.equal(await t.run(`fs chmod -R ${change} /data`), 0);
    const modes = ['/data', '/data/a', '/data/b'].map((path) => t.fileSystem.nodes.get(path)!.status.mode.toString(8));
    assert.deepEqual(
      modes,
      [directory, file, file].map((mode) => mode.toString(8)),
    );
  });
}

test('chmod with letters changes directories after what is in them, and only what differs', async () => {
  const t = terminal();
  t.fileSystem.file('/data/d/s/e', 'e');
  t.fileSystem.nodes.get('/data/b')!.status.mode = 0o600;
  assert.equal(await t.run('fs chmod -R go-rwx /data'), 0);
  assert.deepEqual(
    t.fileSystem.calls.filter((call) => call.startsWith('setAttribute')),
    ['/data/a', '/data/d/s/e', '/data/d/s', '/data/d', '/data'].map((path) => `setAttribute ${path}`),
  );
});

test('getfacl prints what Alluxio prints', async () => {
  const t = terminal();
  Object.assign(t.fileSystem.nodes.get('/data')!.status, {
    acl: [
      { kind: 'user', name: 'bob', mode: 7, isDefault: false },
      { kind: 'group', name: 'ops', mode: 5, isDefault: false },
      { kind: 'mask', name: '', mode: 7, isDefault: false },
    ],
    defaultAcl: [{ kind: 'user', name: '', mode: 6, isDefault: true }],
  });
  assert.equal(await t.run('fs getfacl /data'), 0);
  const [user, group, other] = ['user::rwx', 'group::r-x', 'other::r-x'];
  const entries = [user, group, other, 'user:bob:rwx', 'group:ops:r-x', 'mask::rwx', 'default:user::rw-'];
  assert.deepEqual(t.stdout.lines, ['# file: /data', '# owner: ann', '# group: staff', ...entries]);
  const json = terminal();
  assert.equal(await json.run('fs getfacl --json /data/a'), 0);
  const [first] = JSON.parse(json.stdout.text) as { entries: string[] }[];
  assert.deepEqual(first, { path: '/data/a', owner: 'ann', group: 'staff', entries: ['user::rw-', 'group::r--', 'other::r--'] });
  assert.equal(await t.run('fs ls -d /data /data/a'), 0);
  assert.match(t.stdout.text, /\ndrwxr-xr-x\+ ann .*\n-rw-r--r-- {2}ann /);
});

const bob = { kind: 'user', name: 'bob', mode: 6, isDefault: false };
for (const [line, change] of [
  ['-m user:bob:rw-,mask::r--', { action: 'MODIFY', entries: [bob, { kind: 'mask', name: '', mode: 4, isDefault: false }] }],
  ['-d -m user:bob:6', { action: 'MODIFY', entries: [{ ...bob, isDefault: true }] }],
  ['-m default:user:bob:rw-', { action: 'MODIFY', entries: [{ ...bob, isDefault: true }] }],
  [
    '-x user:bob,group:ops:rwx',
    {
      action: 'REMOVE',
      entries: [
        { ...bob, mode: 0 },
        { kind: 'group', name: 'ops', mode: 0, isDefault: false },
      ],
    },
  ],
  ['--set user::rw-', { action: 'REPLACE', entries: [{ ...bob, name: '' }] }],
  ['-b', { action: 'REMOVE_ALL' }],
  ['-k', { action: 'REMOVE_DEFAULT' }],
] as const) {
  test(`setfacl ${line}`, async () => {
    const t = terminal();
    assert.equal(await t.run(`fs setfacl -R ${line} /data`), 0);
    assert.deepEqual(t.fileSystem.aclChange, change);
    assert.equal(t.fileSystem.calls.at(-1), 'setAcl -R /data');
    assert.equal(t.stdout.text, '');
  });
}

test('setfacl wants one change, and entries that are some', async () => {
  const t = terminal();
  for (const wrong of [
    '',
    '-b -k',
    '-m nonsense',
    '-m user:bob',
    '-m user:bob:rwz',
    '-m mask:x:rwx',
    '-m user:a:b:c',
    '-x who:bob',
    '-m ,',
  ])
    assert.equal(await t.run(`fs setfacl ${wrong} /data`), 2, wrong);
  assert.equal(t.fileSystem.aclChange, undefined);
});

test('chown changes the owner, and the group after a colon', async () => {
  const t = terminal();
  assert.equal(await t.run('fs chown bob /data/a'), 0);
  assert.equal(await t.run('fs chown -R eve:etl /data'), 0);
  assert.deepEqual(t.stdout.lines, ['Changed owner of /data/a to bob', 'Changed owner:group of /data to eve:etl.']);
  const { owner, group } = t.fileSystem.nodes.get('/data/b')!.status;
  assert.deepEqual([owner, group], ['eve', 'etl']);
  assert.equal(await t.run('fs chown :x /data/a'), 2);
});

test('chgrp changes the group', async () => {
  const t = terminal();
  assert.equal(await t.run('fs chgrp etl /data/a /data/b'), 0);
  assert.deepEqual(t.stdout.lines, ['Changed group of /data/a to etl', 'Changed group of /data/b to etl']);
  assert.equal(t.fileSystem.nodes.get('/data/b')!.status.group, 'etl');
});

test('pin and unpin', async () => {
  const t = terminal();
  assert.equal(await t.run('fs pin /data/a'), 0);
  assert.equal(t.fileSystem.nodes.get('/data/a')!.status.pinned, true);
  assert.equal(await t.run('fs unpin /data/a'), 0);
  assert.equal(t.fileSystem.nodes.get('/data/a')!.status.pinned, false);
  assert.deepEqual(t.stdout.lines, ["File '/data/a' was successfully pinned.", "File '/data/a' was successfully unpinned."]);
});

test('pin takes the media behind the paths', async () => {
  const t = terminal();
  assert.equal(await t.run('fs pin /data/a /data/b SSD MEM'), 0);
  for (const path of ['/data/a', '/data/b']) {
    const options = t.fileSystem.attributes.get(path)!;
    assert.deepEqual([options.pinned, options.pinnedMedia], [true, ['SSD', 'MEM']]);
  }
  assert.equal(await t.run('fs pin /data/a NVRAM'), 2);
  assert.match(t.stderr.text, /Invalid medium to pin the file\. NVRAM are invalid/);
  assert.equal(await t.run('fs pin SSD'), 2);
});

test('setReplication tells what it has set', async () => {
  const t = terminal();
  assert.equal(await t.run('fs setReplication --min 1 --max 3 /data/a'), 0);
  assert.deepEqual(t.stdout.lines, [
    'Changed the replication level of /data/a',
    'replicationMax was set to 3',
    'replicationMin was set to 1',
  ]);
  assert.equal(await t.run('fs setReplication -R --max -1 /data'), 0);
  const options = t.fileSystem.attributes.get('/data')!;
  assert.deepEqual([options.recursive, options.replicationMin, options.replicationMax], [true, undefined, -1]);
  assert.equal(await t.run('fs setReplication /data/a'), 2);
  assert.match(t.stderr.text, /At least one option of '--max' or '--min' must be specified/);
  assert.equal(await t.run('fs setReplication --min 3 --max 1 /data/a'), 2);
  assert.equal(await t.run('fs setReplication --min -1 /data/a'), 2);
});

test('setTtl says when the time is over already', async () => {
  const t = terminal();
  t.clock.timeMs = Number(t.fileSystem.nodes.get('/data')!.status.creationTimeMs) + 2 * 3_600_000;
  assert.equal(await t.run('fs setTtl --action delete /data 1h'), 0);
  assert.equal(t.stdout.lines[1], 'It is older than that, and is deleted, from the store too, with everything below, at once');
  t.stdout.text = '';
  assert.equal(await t.run('fs setTtl --action delete_alluxio /data/a 3h'), 0);
  assert.equal(t.stdout.lines.length, 1);
});

test('free frees; a pinned file only when forced', async () => {
  const t = terminal();
  assert.equal(await t.run('fs free /data/a'), 0);
  assert.equal(t.stdout.text, '/data/a was successfully freed from Alluxio space.\n');
  await t.run('fs pin /data/b');
  assert.equal(await t.run('fs free /data/b'), 1);
  assert.match(t.stderr.text, /which is pinned/);
  assert.equal(await t.run('fs free -f /data/b'), 0);
});

test('free asks until the copies are gone, but not for ever', async () => {
  const t = terminal();
  t.fileSystem.freeAfterCalls = 3;
  assert.equal(await t.run('fs free /data/a'), 0);
  assert.equal(t.fileSystem.calls.filter((call) => call === 'free /data/a').length, 3);
  t.fileSystem.freeAfterCalls = Infinity;
  assert.equal(await t.run('fs free /data/b'), 1);
  assert.equal(t.stderr.text, 'alluvium fs free: Cannot free "/data/b": 100% of it are still cached; somebody may be reading it\n');
});

test('setTtl wants to be told what happens', async () => {
  const t = terminal();
  assert.equal(await t.run('fs setTtl /data/a 1h'), 2);
  assert.match(t.stderr.text, /--action delete or --action free is wanted; delete removes the file from the store too/);
  assert.equal(t.fileSystem.nodes.get('/data/a')!.status.ttlMs, -1n);
  assert.equal(await t.run('fs setTtl --action free /data/a 1h'), 0);
  assert.equal(t.stdout.text, "TTL of path '/data/a' was successfully set to 3600000 milliseconds, with expiry action set to FREE\n");
  const { ttlMs, ttlAction } = t.fileSystem.nodes.get('/data/a')!.status;
  assert.deepEqual([ttlMs, ttlAction], [3_600_000n, 'FREE']);
  assert.equal(await t.run('fs setTtl --action burn /data/a 1h'), 2);
  assert.equal(await t.run('fs setTtl --action free /data/a soon'), 2);
});

test('setTtl asks on a terminal, and takes no answer for none', async () => {
  const t = terminal();
  t.inputIsTTY = true;
  t.stderr.isTTY = true;
  t.input = ['DEL', 'ETE\nmore'];
  assert.equal(await t.run('fs setTtl /data/a 2d'), 0);
  assert.match(t.stderr.text, /delete it \(also from the store\) or free its cached copy\? \[delete\/free\] $/);
  assert.equal(t.fileSystem.nodes.get('/data/a')!.status.ttlAction, 'DELETE');
  t.input = ['\n'];
  assert.equal(await t.run('fs setTtl /data/b 2d'), 2);
  t.inputIsTTY = false;
  t.input = ['delete\n'];
  assert.equal(await t.run('fs setTtl /data/b 2d'), 2, 'what is piped in is no answer of a person');
  assert.equal(t.fileSystem.nodes.get('/data/b')!.status.ttlMs, -1n);
});

test('unsetTtl lets a file live for ever', async () => {
  const t = terminal();
  await t.run('fs setTtl --action delete /data/a 5000');
  assert.equal(await t.run('fs unsetTtl /data/a'), 0);
  assert.equal(t.stdout.lines.at(-1), "TTL of file '/data/a' was successfully removed.");
  assert.equal(t.fileSystem.nodes.get('/data/a')!.status.ttlMs, -1n);
});
