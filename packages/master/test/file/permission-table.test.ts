import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf, messageOf } from '@alluvium/base';
import { setAcl } from '@alluvium/master/file/operations/set-acl.js';
import { checkAccess } from '@alluvium/master/file/operations/check-access.js';
import { methodsOf, type Method } from '@alluvium/net';
import { common, fileSystemMaster as fs } from '@alluvium/wire';
import { Calls, pmode, rejects, World } from './world.js';

const { methods } = fs.FileSystemMasterClientServiceDefinition;
const m = methodsOf(fs.FileSystemMasterClientServiceDefinition);

/** What a call needs. Of a path P: execute on the directories above is always needed too. */
type Needs =
  | 'nothing'
  | 'x above'
  /** Read on P; of a directory execute as well. */
  | 'r'
  | 'w'
  /** Write on the directory that P is in, or would be. */
  | 'parent w'
  | 'owner'
  | 'super';

interface Call {
  readonly needs: Needs;
  /** The request about a path; absent for calls that name none. */
  readonly about?: (path: string) => object;
}

const MUST_CACHE = fs.WritePType.MUST_CACHE;
const path = (at: string): object => ({ path: at });

/** Every method of the service: one that is added has to say here who may call it. */
const CALLS: Readonly<Record<keyof typeof methods, Call>> = {
  getStatus: { needs: 'x above', about: path },
  exists: { needs: 'x above', about: path },
  checkAccess: { needs: 'r', about: (at) => ({ path: at, options: { bits: common.Bits.READ } }) },
  createFile: { needs: 'parent w', about: (at) => ({ path: at, options: { writeType: MUST_CACHE, overwrite: true } }) },
  createDirectory: { needs: 'parent w', about: (at) => ({ path: at, options: { writeType: MUST_CACHE } }) },
  completeFile: { needs: 'w', about: path },
  getNewBlockIdForFile: { needs: 'w', about: path },
  remove: { needs: 'parent w', about: path },
  rename: { needs: 'parent w', about: (at) => ({ path: at, dstPath: `${at}2` }) },
  setAttribute: { needs: 'w', about: (at) => ({ path: at, options: { commonOptions: { ttl: 1n } } }) },
  setAcl: { needs: 'owner', about: (at) => ({ path: at, action: fs.SetAclAction.REMOVE_ALL }) },
  free: { needs: 'r', about: path },
  scheduleAsyncPersistence: { needs: 'x above', about: path },
  mount: { needs: 'parent w', about: (at) => ({ alluxioPath: at, ufsPath: 'mem://new' }) },
  unmount: { needs: 'parent w', about: (at) => ({ alluxioPath: at }) },
  updateMount: { needs: 'parent w', about: (at) => ({ alluxioPath: at }) },
  listStatusPartial: { needs: 'r', about: path },
  checkConsistency: { needs: 'r', about: path },
  startSync: { needs: 'parent w', about: path },
  stopSync: { needs: 'parent w', about: path },
  syncMetadata: { needs: 'r', about: path },
  syncMetadataAsync: { needs: 'r', about: path },
  needsSync: { needs: 'x above', about: path },
  // It is a stream, and tested with the others of its kind.
  listStatus: { needs: 'r' },
  getFilePath: { needs: 'nothing' },
  getMountTable: { needs: 'nothing' },
  getStateLockHolders: { needs: 'nothing' },
  getSyncPathList: { needs: 'nothing' },
  reverseResolve: { needs: 'nothing' },
  // Of tasks of one's own.
  getSyncProgress: { needs: 'nothing' },
  cancelSyncMetadata: { needs: 'nothing' },
  // Served with the jobs.
  submitJob: { needs: 'nothing' },
  stopJob: { needs: 'nothing' },
  getJobProgress: { needs: 'nothing' },
  // Anybody in Alluxio.
  updateUfsMode: { needs: 'super' },
};

interface Caller {
  readonly user: string;
  readonly may: readonly Needs[];
}

/** /p (0750 alice:users) with f (0640), which carol, by name, may read and write: she gets into /p by name too. */
const CALLERS: readonly Caller[] = [
  { user: 'root', may: ['nothing', 'x above', 'r', 'w', 'parent w', 'owner', 'super'] },
  { user: 'boss', may: ['nothing', 'x above', 'r', 'w', 'parent w', 'owner', 'super'] },
  { user: 'alice', may: ['nothing', 'x above', 'r', 'w', 'parent w', 'owner'] },
  { user: 'bob', may: ['nothing', 'x above', 'r'] },
  { user: 'carol', may: ['nothing', 'x above', 'r', 'w'] },
  { user: 'eve', may: ['nothing'] },
];

async function furnished(): Promise<World> {
  const w = new World();
  await w.mkdir('/p');
  await w.write('/p/f', 1);
  await w.set('/p', { owner: 'alice', group: 'users', mode: pmode(0o640), recursive: true });
  await w.set('/p', { mode: pmode(0o750) });
  const named = (bits: readonly fs.PAclAction[]): fs.PAclEntry => ({
    type: fs.PAclEntryType.NamedUser,
    subject: 'carol',
    actions: [...bits],
    isDefault: false,
  });
  const { Read, Write, Execute } = fs.PAclAction;
  await setAcl(w.c, { path: '/p', action: fs.SetAclAction.MODIFY, entries: [named([Execute])] }, 'root');
  await setAcl(w.c, { path: '/p/f', action: fs.SetAclAction.MODIFY, entries: [named([Read, Write])] }, 'root');
  return w;
}

async function errorOf(run: () => Promise<unknown>): Promise<unknown> {
  return run().then(
    () => undefined,
    (error: unknown) => error,
  );
}

function isDenied(error: unknown): boolean {
  return error !== undefined && /Permission denied: /.test(messageOf(error));
}

function method(name: string): Method<object, unknown> {
  return m[name as keyof typeof m] as unknown as Method<object, unknown>;
}

for (const [name, { needs, about }] of Object.entries(CALLS)) {
  if (about === undefined) continue;
  test(`${name} needs ${needs}`, async () => {
    const may: string[] = [];
    for (const { user } of CALLERS) {
      const w = await furnished();
      const before = w.journal.lastSequence;
      const error = await errorOf(() => new Calls(w).unary(method(name), about('/p/f'), user));
      if (!isDenied(error)) may.push(user);
      else assert.equal(w.journal.lastSequence, before, `${user} changed nothing`);
      assert.equal(w.audited.at(-1)?.allowed, !isDenied(error), 'the audit log knows');
    }
    assert.deepEqual(
      may,
      CALLERS.filter((caller) => caller.may.includes(needs)).map(({ user }) => user),
    );
  });

  test(`${name} tells a caller without execute above nothing of what is below`, async () => {
    const w = await furnished();
    for (const at of ['/p/f', '/p/no', '/p/no/deeper', '/p/f/below']) {
      const error = await errorOf(() => new Calls(w).unary(method(name), about(at), 'eve'));
      const asked = needs === 'parent w' ? '-w-' : '--x';
      assert.match(
        messageOf(error),
        new RegExp(`Permission denied: user=eve, access=${asked}, path=${at}2?: failed at p, inode owner=alice, `),
        at,
      );
      if (name !== 'mount') assert.equal(kindOf(error), 'permissionDenied');
    }
    assert.deepEqual(w.store.calls, [], 'nor makes the master ask a store');
  });
}

test('a call that is for super users says so', async () => {
  const w = await furnished();
  const update = { ufsPath: 'mem://root', options: { ufsMode: fs.UfsPMode.READ_WRITE } };
  await rejects('permissionDenied', 'Permission denied: alice is not a super user or in super group', () =>
    new Calls(w).unary(m.updateUfsMode, update, 'alice'),
  );
});

const WIRE = { r: common.Bits.READ, w: common.Bits.WRITE, x: common.Bits.EXECUTE } as const;

/** As a 2.9.4 master decides: `---------` root:root with user:bin:rwx, group:users:r--, group:staff:-w- and a mask. */
for (const { mask, user, may } of [
  { mask: [0, 2], user: 'bin', may: 'rx' },
  { mask: [0, 1, 2], user: 'bin', may: 'rwx' },
  { mask: [0, 2], user: 'bob', may: 'r' },
  { mask: [0, 1, 2], user: 'alice', may: 'rw' },
  { mask: [], user: 'alice', may: '' },
  { mask: [0, 2], user: 'eve', may: '' },
  { mask: [], user: 'root', may: 'rwx' },
] as const) {
  test(`named entries below the mask ${mask.join('') || 'none'}: ${user} may ${may || 'nothing'}`, async () => {
    const w = new World();
    await w.create('/e', { mode: pmode(0) });
    const { NamedUser, NamedGroup, Mask } = fs.PAclEntryType;
    const entry = (type: fs.PAclEntryType, subject: string, actions: readonly fs.PAclAction[]): fs.PAclEntry => ({
      type,
      subject,
      actions: [...actions],
      isDefault: false,
    });
    const entries = [
      entry(NamedUser, 'bin', [0, 1, 2]),
      entry(NamedGroup, 'users', [0]),
      entry(NamedGroup, 'staff', [1]),
      entry(Mask, '', mask),
    ];
    await setAcl(w.c, { path: '/e', action: fs.SetAclAction.MODIFY, entries }, 'root');
    for (const bit of ['r', 'w', 'x'] as const) {
      const check = (): unknown => checkAccess(w.c, { path: '/e', options: { bits: WIRE[bit] } }, user);
      if (may.includes(bit)) await check();
      else
        await rejects(
          'permissionDenied',
          new RegExp(
            `^Permission denied: user=${user}, access=${'rwx'.replaceAll(/./g, (one) => (one === bit ? one : '-'))}, path=/e: failed at e, inode owner=root, inode group=root, inode mode=---------$`,
          ),
          check,
        );
    }
  });
}

test('checkAccess of nothing is allowed to who gets there, and a path that only the store has is loaded', async () => {
  const w = await furnished();
  await checkAccess(w.c, { path: '/p/f', options: {} }, 'bob');
  await rejects('notFound', 'Path "/p/no" does not exist.', () => checkAccess(w.c, { path: '/p/no', options: {} }, 'bob'));
  w.store.file('stored', 'x');
  await checkAccess(w.c, { path: '/stored', options: { bits: common.Bits.READ } }, 'root');
  assert.notEqual(w.inode('/stored'), undefined);
});

test('a recursive listing passes over directories that may not be entered', async () => {
  const w = new World();
  await w.mkdir('/d/open', { recursive: true, mode: pmode(0o755) });
  await w.mkdir('/d/shut', { mode: pmode(0o744) });
  await w.mkdir('/d/dark', { mode: pmode(0o711) });
  for (const at of ['/d/open/f', '/d/shut/f', '/d/dark/f']) await w.create(at);
  assert.deepEqual((await w.list('/d', { recursive: true }, 'alice')).flat(), ['/d/dark', '/d/open', '/d/open/f', '/d/shut']);
  await rejects('permissionDenied', /access=--x, path=\/d\/shut: failed at shut,/, () => w.list('/d/shut', {}, 'alice'));
});
