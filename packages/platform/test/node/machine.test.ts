import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { machine, nodeGroups, UnixGroups } from '@alluvium/platform';
import { nodeClock } from '@alluvium/platform';

test('the machine tells memory, processors, names and where memory files go', () => {
  const m = machine();
  assert.ok(m.memoryBytes > 2 ** 20 && m.cpus >= 1);
  assert.ok(m.hostName !== '' && m.userName !== '');
  if (m.tmpfsDirectory !== undefined) assert.ok(fs.statSync(m.tmpfsDirectory).isDirectory());
});

test('groups: the primary group first, then those that list the user', () => {
  const passwd =
    'root:x:0:0:root:/root:/bin/sh\n# comment:x:5:5\nann:x:1000:1000::/home/ann:/bin/sh\nbroken\nlost:x:7:77::/:\nann:x:9:9::/:';
  const group = 'root:x:0:\nstaff:x:50:bob,ann\nann:x:1000:\nwheel:x:10: ann ,\nann2:x:1000:\nbroken:x\n';
  const groups = UnixGroups.parse(passwd, group);
  assert.deepEqual(groups.groupsOf('ann'), ['ann', 'staff', 'wheel']);
  assert.deepEqual(groups.groupsOf('bob'), ['staff']);
  assert.deepEqual(groups.groupsOf('lost'), []);
  assert.deepEqual(groups.groupsOf('nobody'), []);
  assert.deepEqual(groups.groupsOf('__proto__'), []);
});

test('the group files are read again when they are old, and a missing one means no groups', () => {
  const root = fs.mkdtempSync(join(tmpdir(), 'alluvium-groups-'));
  try {
    let now = 0;
    const clock = { ...nodeClock, monotonicMs: () => now };
    const groupFile = join(root, 'group');
    const groupsOf = nodeGroups({ clock, maxAgeMs: 1000, passwdFile: join(root, 'none'), groupFile });
    assert.deepEqual(groupsOf('ann'), []);
    fs.writeFileSync(groupFile, 'staff:x:50:ann\n');
    now = 999;
    assert.deepEqual(groupsOf('ann'), []);
    now = 1000;
    assert.deepEqual(groupsOf('ann'), ['staff']);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});

test('names that no user can have are refused', () => {
  const groupsOf = nodeGroups({ clock: nodeClock });
  for (const name of ['', 'a:b', 'a\nb', 'a\0b', 'a/b', '-x', 'x'.repeat(257)]) {
    assert.throws(() => groupsOf(name), { kind: 'invalidArgument' }, JSON.stringify(name));
  }
  for (const name of ['root', 'ann.b', 'host$', 'ann@EXAMPLE.COM', 'jürgen', 'domain user']) groupsOf(name);
});
