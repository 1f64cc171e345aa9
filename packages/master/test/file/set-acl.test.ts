import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setAcl } from '@alluvium/master/file/operations/set-acl.js';
import { modeText } from '@alluvium/master/file/permissions.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { assertRebuilt, pmode, program, rejects, World } from './world.js';

const { PAclEntryType, SetAclAction } = fs;

const ACTIONS = { '--set': SetAclAction.REPLACE, '-m': SetAclAction.MODIFY, '-x': SetAclAction.REMOVE } as const;

/** Entries as a shell's user writes them: `user:bin:rwx,mask::r--,default:group::---`. */
function entriesOf(text: string): fs.PAclEntry[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const isDefault = part.startsWith('default:');
      const [kind, subject = '', bits = ''] = part.slice(isDefault ? 8 : 0).split(':');
      const [named, base] = {
        user: [PAclEntryType.NamedUser, PAclEntryType.Owner],
        group: [PAclEntryType.NamedGroup, PAclEntryType.OwningGroup],
        mask: [PAclEntryType.Mask, PAclEntryType.Mask],
        other: [PAclEntryType.Other, PAclEntryType.Other],
      }[kind!]!;
      const actions = [...bits].filter((bit) => bit !== '-').map((bit) => 'rwx'.indexOf(bit) as fs.PAclAction);
      return { type: subject === '' ? base : named, subject, actions, isDefault };
    });
}

/** `setfacl` with the letters of the shell: --set, -m, -x with entries; -b, -k. */
async function setfacl(w: World, path: string, flag: '--set' | '-m' | '-x' | '-b' | '-k', entries = '', options = {}): Promise<void> {
  const { recursive = false, user = 'root' } = options as { recursive?: boolean; user?: string };
  const action = flag === '-b' ? SetAclAction.REMOVE_ALL : flag === '-k' ? SetAclAction.REMOVE_DEFAULT : ACTIONS[flag];
  await setAcl(w.c, { path, action, entries: entriesOf(entries), options: { recursive } }, user);
}

function entryText({ type, subject, actions }: fs.PAclEntry): string {
  const kind = type === PAclEntryType.NamedUser ? 'user' : type === PAclEntryType.NamedGroup ? 'group' : 'mask';
  const bits = (actions ?? []).reduce<number>((sum, action) => sum | (4 >> action), 0);
  return `${kind}:${subject}:${modeText(bits).slice(6)}`;
}

function aclText(acl: fs.PAcl): string {
  assert.ok((acl.entries ?? []).every((entry) => entry.isDefault === false));
  return [modeText(acl.mode!), ...(acl.entries ?? []).map(entryText)].join(' ');
}

/** The ACL that clients see, and after a bar the default ACL when there is one. */
async function getfacl(w: World, path: string): Promise<string> {
  const { acl, defaultAcl, folder, mode } = await w.status(path);
  assert.equal(acl?.mode, mode);
  if (folder !== true || defaultAcl?.isDefaultEmpty === true) return aclText(acl!);
  return `${aclText(acl!)} | ${aclText(defaultAcl!)}`;
}

type Step = readonly [flag: '--set' | '-m' | '-x' | '-b' | '-k', entries: string, after: string];

/** What a 2.9.4 master answers, step by step. */
const FILE_STEPS: readonly Step[] = [
  ['-m', 'user:bin:rwx', 'rw-r--r-- user:bin:rwx mask::rwx'],
  ['-m', 'group::rwx', 'rw-rwxr-- user:bin:rwx mask::rwx'],
  ['-m', 'mask::r--', 'rw-rwxr-- user:bin:rwx mask::r--'],
  ['-m', 'user::rw-,other::r--', 'rw-rwxr-- user:bin:rwx mask::r--'],
  ['-m', 'user:sys:-w-', 'rw-rwxr-- user:bin:rwx user:sys:-w- mask::rwx'],
  ['-m', 'user:sys:-w-,mask::---', 'rw-rwxr-- user:bin:rwx user:sys:-w- mask::---'],
  ['-x', 'user:sys:', 'rw-rwxr-- user:bin:rwx mask::rwx'],
  ['-x', 'user:nobody:', 'rw-rwxr-- user:bin:rwx mask::rwx'],
  ['-x', 'user:bin:', 'rw-rwxr--'],
  ['-x', 'mask::', 'rw-rwxr--'],
  ['-m', 'mask::rw-', 'rw-rwxr--'],
  ['-m', 'user::r--,other::--x', 'r--rwx--x'],
  ['-m', '', 'r--rwx--x'],
  ['-x', '', 'r--rwx--x'],
  ['--set', 'user::rwx,group::r-x,other::---', 'rwxr-x---'],
  ['-m', 'user:bin:rwx,user:bin:r--', 'rwxr-x--- user:bin:r-- mask::r-x'],
  ['--set', 'user::rwx,group::r-x,other::---,mask::--x', 'rwxr-x---'],
  ['--set', 'user::rwx,group::r-x,other::---,user:sys:rw-,mask::--x', 'rwxr-x--- user:sys:rw- mask::--x'],
  ['-m', 'user:z:r--,user:a:r--,group:z:r--,group:a:r--', 'rwxr-x--- user:a:r-- user:sys:rw- user:z:r-- group:a:r-- group:z:r-- mask::rwx'],
  ['-b', '', 'rwxr-x---'],
];

const DIRECTORY_STEPS: readonly Step[] = [
  ['-x', 'default:user:bin:', 'rwxr-xr-x'],
  ['-m', 'default:user:sys:r-x', 'rwxr-xr-x | rwxr-xr-x user:sys:r-x mask::r-x'],
  ['-m', 'default:user::---', 'rwxr-xr-x | ---r-xr-x user:sys:r-x mask::r-x'],
  ['-m', 'default:group::rwx', 'rwxr-xr-x | ---rwxr-x user:sys:r-x mask::rwx'],
  ['-m', 'default:mask::r--', 'rwxr-xr-x | ---rwxr-x user:sys:r-x mask::r--'],
  ['-m', 'user:bin:rwx,default:group:mail:rwx', 'rwxr-xr-x user:bin:rwx mask::rwx | ---rwxr-x user:sys:r-x group:mail:rwx mask::rwx'],
  ['-x', 'default:user:sys:', 'rwxr-xr-x user:bin:rwx mask::rwx | ---rwxr-x group:mail:rwx mask::rwx'],
  ['-x', 'default:group:mail:', 'rwxr-xr-x user:bin:rwx mask::rwx | ---rwxr-x'],
  ['-x', 'default:mask::', 'rwxr-xr-x user:bin:rwx mask::rwx | ---rwxr-x'],
  ['-b', '', 'rwxr-xr-x | ---rwxr-x'],
  ['-k', '', 'rwxr-xr-x'],
  ['-k', '', 'rwxr-xr-x'],
  ['-m', 'default:user::r-x', 'rwxr-xr-x | r-xr-xr-x'],
  ['--set', 'default:user::rwx,default:group::r-x,default:other::r-x,default:user:sys:rwx', 'rwxr-xr-x | rwxr-xr-x user:sys:rwx mask::rwx'],
  ['--set', 'user::rwx,group::---,other::---,default:user:bin:r--', 'rwx------ | rwxr-xr-x user:bin:r-- user:sys:rwx mask::rwx'],
  ['-m', 'group::r-x', 'rwxr-x--- | rwxr-xr-x user:bin:r-- user:sys:rwx mask::rwx'],
  [
    '--set',
    'user::rwx,default:group::rwx,other::rwx,user:bin:r--',
    'rwx---rwx user:bin:r-- mask::r-- | rwxrwxr-x user:bin:r-- user:sys:rwx mask::rwx',
  ],
];

test(
  'entries of a file change as in 2.9.4, masks too',
  program(async (w) => {
    await w.create('/f', { mode: pmode(0o644) });
    for (const [flag, entries, after] of FILE_STEPS) {
      await setfacl(w, '/f', flag, entries);
      assert.equal(await getfacl(w, '/f'), after, `${flag} ${entries}`);
    }
  }),
);

test(
  'entries and default entries of a directory change as in 2.9.4',
  program(async (w) => {
    await w.mkdir('/d');
    for (const [flag, entries, after] of DIRECTORY_STEPS) {
      await setfacl(w, '/d', flag, entries);
      assert.equal(await getfacl(w, '/d'), after, `${flag} ${entries}`);
    }
  }),
);

test(
  'a mask of the default ACL leaves that of the other alone, where 2.9.4 masks everything',
  program(async (w) => {
    await w.mkdir('/d');
    await setfacl(w, '/d', '-m', 'user:bin:rwx,default:user:bin:rwx,default:mask::r--');
    assert.equal(await getfacl(w, '/d'), 'rwxr-xr-x user:bin:rwx mask::rwx | rwxr-xr-x user:bin:rwx mask::r--');
  }),
);

test(
  'a change of the mode leaves the mask alone',
  program(async (w) => {
    await w.create('/f');
    await setfacl(w, '/f', '-m', 'user:bin:rwx');
    await w.set('/f', { mode: pmode(0o750) });
    assert.equal(await getfacl(w, '/f'), 'rwxr-x--- user:bin:rwx mask::rwx');
    await w.set('/f', { owner: 'alice' });
    assert.equal((await w.status('/f')).acl?.owner, 'alice');
  }),
);

test(
  'removing a base entry is an error, where a 2.9.4 master dies',
  program(async (w) => {
    await w.create('/f');
    for (const entries of ['user::', 'group::', 'other::', 'user:bin:,other::']) {
      await rejects('invalidArgument', /^Cannot remove the entries of owner, owning group or others from the ACL of \/f$/, () =>
        setfacl(w, '/f', '-x', entries),
      );
    }
    await w.set('/f', { pinned: true });
  }),
);

test(
  'removing the default ACL of a file does nothing, where a 2.9.4 master dies and does not start again',
  program(async (w) => {
    await w.create('/f');
    await setfacl(w, '/f', '-k');
    assert.equal(await getfacl(w, '/f'), 'rw-r--r--');
  }),
);

test(
  'what is refused changes nothing',
  program(async (w) => {
    await w.mkdir('/d');
    await w.create('/d/f');
    await setfacl(w, '/d', '-m', 'user:bin:rwx,default:user:bin:rwx');
    const before = [await getfacl(w, '/d'), await getfacl(w, '/d/f')];
    const base = 'Replacing ACL entries must include the base entries for user, group, and other. missing: ';
    await rejects('unknown', `${base}OWNING_USER, OTHER, OWNING_GROUP`, () => setfacl(w, '/d/f', '--set'));
    await rejects('unknown', `${base}OTHER, OWNING_GROUP`, () => setfacl(w, '/d/f', '--set', 'user::rwx'));
    const mask = (isDefault: boolean): string =>
      `Deleting the mask for an extended ACL is not allowed. entry: AclEntry{type=MASK, subject=, actions=AclActions{actions=[]}, isDefault=${isDefault}}`;
    await rejects('invalidArgument', mask(false), () => setfacl(w, '/d', '-x', 'mask::'));
    await rejects('invalidArgument', mask(true), () => setfacl(w, '/d', '-x', 'default:mask::'));
    await rejects('internal', 'Can not set default ACL for a file', () => setfacl(w, '/d/f', '-m', 'user:bin:r--,default:user:bin:r--'));
    await rejects('notFound', 'Path "/no" does not exist.', () => setfacl(w, '/no', '-b'));
    await rejects('invalidArgument', 'Traversal failed for path /d/f/g. Component 2(f) is a file, not a directory.', () =>
      setfacl(w, '/d/f/g', '-b'),
    );
    assert.deepEqual([await getfacl(w, '/d'), await getfacl(w, '/d/f')], before);
  }),
);

test(
  'entries that no shell sends are refused',
  program(async (w) => {
    await w.create('/f');
    const modify = (...entries: fs.PAclEntry[]): unknown => setAcl(w.c, { path: '/f', action: SetAclAction.MODIFY, entries }, 'root');
    const named = { type: PAclEntryType.NamedUser, subject: 'bob', actions: [], isDefault: false };
    for (const entry of [
      { ...named, subject: '' },
      { ...named, subject: 'x'.repeat(257) },
      { ...named, type: 6 as never },
      { ...named, type: -1 as never },
      { ...named, actions: [3 as never] },
    ])
      await rejects('invalidArgument', /^Cannot set the ACL of "\/f": an entry of unknown kind/, () => modify(entry));
    await rejects('invalidArgument', 'Cannot set the ACL of "/f": 5 is no action', () =>
      setAcl(w.c, { path: '/f', action: 5 as never }, 'root'),
    );
    const many = (from: number, count: number): fs.PAclEntry[] =>
      Array.from({ length: count }, (_, i) => ({ ...named, subject: `u${from + i}` }));
    await rejects('invalidArgument', /501 entries; at most 500/, () => modify(...many(0, 501)));
    await modify(...many(0, 500));
    await rejects('invalidArgument', /would name 501 users and groups; at most 500/, () => modify(...many(500, 1)));
    assert.equal((await w.status('/f')).acl?.entries?.length, 501);
  }),
);

test(
  'who may',
  program(async (w) => {
    await w.mkdir('/d', { mode: pmode(0o777) });
    await w.create('/d/f', {}, 'alice');
    await rejects('permissionDenied', 'Permission denied: user=bob is not the owner of path=/d/f', () =>
      setfacl(w, '/d/f', '-b', '', { user: 'bob' }),
    );
    for (const user of ['alice', 'root', 'boss']) await setfacl(w, '/d/f', '-m', `user:${user}:r--`, { user });
    await w.set('/d', { mode: pmode(0o600) });
    await rejects('permissionDenied', /^Permission denied: user=alice, access=--x, path=\/d\/f: failed at d,/, () =>
      setfacl(w, '/d/f', '-b', '', { user: 'alice' }),
    );
  }),
);

test(
  'recursive: all below, default entries to directories only',
  program(async (w) => {
    await w.mkdir('/r/a/b', { recursive: true });
    await w.create('/r/a/f');
    await setfacl(w, '/r', '-m', 'user:bin:rwx,default:user:sys:r-x', { recursive: true });
    for (const path of ['/r', '/r/a', '/r/a/b'])
      assert.equal(await getfacl(w, path), 'rwxr-xr-x user:bin:rwx mask::rwx | rwxr-xr-x user:sys:r-x mask::r-x');
    assert.equal(await getfacl(w, '/r/a/f'), 'rw-r--r-- user:bin:rwx mask::rwx');
    await setfacl(w, '/r', '-k', '', { recursive: true });
    await setfacl(w, '/r', '-b', '', { recursive: true });
    assert.equal(await getfacl(w, '/r/a/b'), 'rwxr-xr-x');
    assert.equal(await getfacl(w, '/r/a/f'), 'rw-r--r--');
  }),
);

test(
  'recursive: a descendant of somebody else stops the whole',
  program(async (w) => {
    await w.mkdir('/q', { mode: pmode(0o777) }, 'root');
    await w.mkdir('/q/d', { mode: pmode(0o777) }, 'alice');
    await w.create('/q/d/b', {}, 'bob');
    await rejects('permissionDenied', 'Permission denied: user=alice is not the owner of path=/q/d/b', () =>
      setfacl(w, '/q/d', '-m', 'user:sys:r--', { recursive: true, user: 'alice' }),
    );
    assert.equal(await getfacl(w, '/q/d'), 'rwxrwxrwx');
  }),
);

test(
  'recursive on more than goes at once: a task, in several journal operations',
  program(async (w) => {
    await w.mkdir('/big');
    for (let i = 0; i < 1200; i++) await w.create(`/big/f${i}`);
    const before = w.journal.operations.length;
    await w.clock.run(setfacl(w, '/big', '-m', 'user:bin:r--', { recursive: true }));
    assert.ok(w.journal.operations.length - before >= 2);
    assert.equal([...w.c.tasks.all()].find(({ kind }) => kind === 'setAcl')?.state, 'SUCCEEDED');
    for (const at of ['/big', '/big/f0', '/big/f1199']) assert.match(await getfacl(w, at), /user:bin:r--/);
  }),
);

test(
  'a path that only the store has is loaded',
  program(async (w) => {
    w.store.file('s', 'x');
    await setfacl(w, '/s', '-m', 'user:bin:r--');
    assert.match(await getfacl(w, '/s'), /user:bin:r-- mask::/);
  }),
);

test('a journal of Alluxio is replayed', () => {
  const w = new World();
  w.state.apply({ inodeFile: { id: 7n, parentId: 0n, name: 'f', mode: 0o640 } });
  w.state.apply({
    setAcl: { id: 7n, opTimeMs: 1n, action: 1, entries: [{ type: 1, subject: 'bob', actions: [0, 1], isDefault: false }] },
  });
  assert.deepEqual(w.inode('/f')?.acl, { users: new Map([['bob', 6]]), groups: new Map(), mask: 6 });
});

interface Inheritance {
  readonly defaults: string;
  readonly mode: number;
  readonly file: string;
  readonly directory: string;
}

/** New inodes in a directory rwxrwxrwx with these default entries. */
const INHERITANCES: readonly Inheritance[] = [
  {
    defaults: 'user:bin:rwx,group:mail:r-x,other::---',
    mode: 0o644,
    file: 'rw-rwx--- user:bin:rwx group:mail:r-x mask::r--',
    directory: 'rw-rwx--- user:bin:rwx group:mail:r-x mask::r-- | rwxrwx--- user:bin:rwx group:mail:r-x mask::rwx',
  },
  {
    defaults: 'user:carol:r-x,group::r-x,mask::r-x',
    mode: 0o600,
    file: 'rw-r-x--- user:carol:r-x mask::---',
    directory: 'rw-r-x--- user:carol:r-x mask::--- | rwxr-xrwx user:carol:r-x mask::r-x',
  },
  { defaults: 'other::---', mode: 0o646, file: 'rw-r-----', directory: 'rw-r----- | rwxrwx---' },
  { defaults: 'user::rwx,group::---', mode: 0o777, file: 'rwx---rwx', directory: 'rwx---rwx | rwx---rwx' },
];

for (const { defaults, mode, file, directory } of INHERITANCES) {
  test(
    `what a new inode of mode ${mode.toString(8)} inherits from ${defaults}`,
    program(async (w) => {
      await w.mkdir('/i', { mode: pmode(0o777) });
      await setfacl(w, '/i', '-m', defaults.replaceAll(/(^|,)/g, '$1default:'));
      await w.create('/i/f', { mode: pmode(mode) }, 'alice');
      assert.equal(await getfacl(w, '/i/f'), file);
      await w.mkdir('/i/d', { mode: pmode(mode) }, 'alice');
      assert.equal(await getfacl(w, '/i/d'), directory);
    }),
  );
}

test(
  'default entries go down through directories that are made on the way, and into the store as modes',
  program(async (w) => {
    await w.mkdir('/i', { mode: pmode(0o777) });
    await setfacl(w, '/i', '-m', 'default:user:bin:rwx,default:other::---');
    await w.create('/i/x/y/f', { recursive: true, mode: pmode(0o600) }, 'bob');
    for (const path of ['/i/x', '/i/x/y'])
      assert.equal(await getfacl(w, path), 'rwxrwx--- user:bin:rwx mask::r-x | rwxrwx--- user:bin:rwx mask::rwx');
    assert.equal(await getfacl(w, '/i/x/y/f'), 'rw-rwx--- user:bin:rwx mask::---');
    await setfacl(w, '/i', '-k');
    await setfacl(w, '/i', '-m', 'default:other::---');
    await w.mkdir('/i/s', { mode: pmode(0o755), writeType: fs.WritePType.THROUGH });
    assert.equal(await getfacl(w, '/i/s'), 'rwxr-x--- | rwxrwx---');
    assert.equal((await w.store.status('i/s'))?.mode, 0o750);
  }),
);

test(
  'the owner of what inherits a default ACL is who made it, where in 2.9.4 it is the owner of the directory',
  program(async (w) => {
    await w.mkdir('/i', { mode: pmode(0o777) });
    await setfacl(w, '/i', '-m', 'default:user:bin:rwx');
    await w.create('/i/f', {}, 'alice');
    const { owner, group, acl } = await w.status('/i/f');
    assert.deepEqual([owner, group, acl?.owner, acl?.owningGroup], ['alice', 'users', 'alice', 'users']);
  }),
);

test(
  'what is loaded from a store or mounted inherits nothing',
  program(async (w) => {
    await w.mkdir('/d', { mode: pmode(0o777), writeType: fs.WritePType.THROUGH });
    await setfacl(w, '/d', '-m', 'default:user:bin:rwx');
    w.store.file('d/stored', 'x');
    await w.status('/d/stored');
    assert.equal(w.inode('/d/stored')?.acl, undefined);
    w.stores.at('mem://other').file('x', 'x');
    await w.mount('/d/m', 'mem://other');
    const mounted = w.inode('/d/m');
    assert.ok(mounted?.kind === 'directory' && mounted.defaultAcl === undefined && mounted.acl === undefined);
    assertRebuilt(w);
  }),
);
