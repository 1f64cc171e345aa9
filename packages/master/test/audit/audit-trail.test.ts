import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuditLines } from '@alluvium/master/audit/audit-line.js';
import { methodsOf, type Method, type ServerCall } from '@alluvium/net';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Calls, World, pmode } from '../file/world.js';

const m = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const w = new World();
const calls = new Calls(w);
const lines = new AuditLines('SIMPLE');

/** The line of one call without its time and duration; `user` may be `via>user`. */
async function lineOf<Q, R>(method: Method<Q, R>, request: Q, user = 'root'): Promise<string> {
  w.audited.length = 0;
  await calls.unary(method, request, user).catch(() => undefined);
  assert.equal(w.audited.length, 1);
  return lines
    .of(w.audited[0]!)
    .replace(/^\S+ \S+ INFO {2}AUDIT_LOG - /, '')
    .replace(/\texecutionTimeUs=\d+\tproto=rpc\n$/, '');
}

function line(succeeded: boolean, allowed: boolean, user: string, rest: string): string {
  return `succeeded=${succeeded} allowed=${allowed} ugi=${user} (AUTH=SIMPLE) ip=/10.0.0.1:4711 ${rest}`
    .replaceAll(' ', '\t')
    .replace('\t(AUTH', ' (AUTH');
}

test('a line per operation, as in a 2.9.4 master_audit.log', async () => {
  const root = (rest: string): string => line(true, true, 'root,root', rest);
  const mkdir = { path: '/d', options: { mode: pmode(0o755), writeType: fs.WritePType.MUST_CACHE } };
  assert.equal(await lineOf(m.createDirectory, mkdir), root('cmd=mkdir src=/d dst=null perm=root:root:rwxr-xr-x'));
  const file = { path: '/d/f', options: { blockSizeBytes: 10n, mode: pmode(0o640), writeType: fs.WritePType.MUST_CACHE } };
  assert.equal(await lineOf(m.createFile, file), root('cmd=createFile src=/d/f dst=null perm=root:root:rw-r-----'));
  assert.equal(await lineOf(m.completeFile, { path: '/d/f' }), root('cmd=completeFile src=/d/f dst=null perm=root:root:rw-r-----'));
  assert.equal(await lineOf(m.getStatus, { path: '/d//f/' }), root('cmd=getFileInfo src=/d/f dst=null perm=root:root:rw-r-----'));
  assert.equal(await lineOf(m.exists, { path: '/d/f' }), root('cmd=exists src=/d/f dst=null perm=null'));
  assert.equal(await lineOf(m.rename, { path: '/d/f', dstPath: '/d/g' }), root('cmd=rename src=/d/f dst=/d/g perm=root:root:rw-r-----'));
  const chmod = { path: '/d/g', options: { mode: pmode(0o644) } };
  assert.equal(await lineOf(m.setAttribute, chmod), root('cmd=chmod src=/d/g dst=null perm=root:root:rw-r--r--'));
  const chown = { path: '/d/g', options: { owner: 'alice' } };
  assert.equal(await lineOf(m.setAttribute, chown), root('cmd=chown src=/d/g dst=null perm=alice:root:rw-r--r--'));
  const chgrp = { path: '/d/g', options: { group: 'users' } };
  assert.equal(await lineOf(m.setAttribute, chgrp), root('cmd=chgrp src=/d/g dst=null perm=alice:users:rw-r--r--'));
  const pin = { path: '/d/g', options: { pinned: true } };
  assert.equal(await lineOf(m.setAttribute, pin), root('cmd=setAttribute src=/d/g dst=null perm=alice:users:rw-r--r--'));
  assert.equal(await lineOf(m.getMountTable, {}), root('cmd=getMountPointInfo(checkUfs) src=null dst=null perm=null'));
  assert.equal(await lineOf(m.getMountTable, { checkUfs: false }), root('cmd=getMountPointInfo src=null dst=null perm=null'));
  const mounted = { alluxioPath: '/m', ufsPath: 'mem://key:secret@m' };
  assert.match(await lineOf(m.mount, mounted), /\tcmd=mount\tsrc=\/m\tdst=mem:\/\/m\t/);
  assert.equal(await lineOf(m.remove, { path: '/d/g' }), root('cmd=delete src=/d/g dst=null perm=null'));
});

test('what fails is told with whether it was for lack of permission', async () => {
  const alice = (allowed: boolean, rest: string): string => line(false, allowed, 'alice,users', rest);
  await calls.unary(m.createDirectory, { path: '/p', options: { mode: pmode(0o755), writeType: fs.WritePType.MUST_CACHE } });
  await calls.unary(m.createFile, { path: '/p/f', options: { mode: pmode(0o644), writeType: fs.WritePType.MUST_CACHE } });
  const perm = 'perm=root:root:rw-r--r--';
  assert.equal(await lineOf(m.remove, { path: '/p/f' }, 'alice'), alice(false, 'cmd=delete src=/p/f dst=null perm=null'));
  const moved = { path: '/p/f', dstPath: '/p/g' };
  assert.equal(await lineOf(m.rename, moved, 'alice'), alice(false, `cmd=rename src=/p/f dst=/p/g ${perm}`));
  const pin = { path: '/p/f', options: { pinned: true } };
  assert.equal(await lineOf(m.setAttribute, pin, 'alice'), alice(false, `cmd=setAttribute src=/p/f dst=null ${perm}`));
  assert.equal(await lineOf(m.getStatus, { path: '/no' }, 'alice'), alice(true, 'cmd=getFileInfo src=/no dst=null perm=null'));
  assert.equal(await lineOf(m.getStatus, { path: 'relative' }, 'alice'), alice(true, 'cmd=getFileInfo src=relative dst=null perm=null'));
  assert.equal(
    await lineOf(m.getStatus, { path: 'x'.repeat(1_000_000) }, 'eve'),
    line(false, true, 'eve,', 'cmd=getFileInfo src=(1000000_characters) dst=null perm=null').replace('_', ' '),
  );
});

test('who acts for somebody else is told too', () => {
  w.audited.length = 0;
  const call = { path: m.exists.path, peer: '10.0.0.1:4711', caller: { user: 'alice', connectionUser: 'hive' } };
  w.c.audit!.ended(call as ServerCall, { path: '/p' }, {}, undefined, 0);
  assert.match(lines.of(w.audited[0]!), /\tugi=alice,users \(AUTH=SIMPLE\) via hive\tip=\/10\.0\.0\.1:4711\tcmd=exists\tsrc=\/p\t/);
});

test('a listing is told when it has ended', async () => {
  const listed = async (path: string, user: string): Promise<string> => {
    w.audited.length = 0;
    let request: fs.ListStatusPRequest | undefined = { path };
    const stream = {
      path: m.listStatus.path,
      peer: '10.0.0.1:4711',
      caller: { user, connectionUser: user },
      read: () => {
        const next = request;
        request = undefined;
        return Promise.resolve(next);
      },
      write: () => Promise.resolve(assert.equal(w.audited.length, 0)),
    };
    await calls.stream(m.listStatus as Method<never, never>, stream).catch(() => undefined);
    const [record] = w.audited;
    return `${record?.succeeded} ${record?.allowed} ${record?.user} ${record?.command} ${record?.source} ${record?.permission?.owner}`;
  };
  assert.equal(await listed('/p/', 'alice'), 'true true alice listStatus /p root');
  await calls.unary(m.setAttribute, { path: '/p', options: { mode: pmode(0o700) } });
  assert.equal(await listed('/p', 'alice'), 'false false alice listStatus /p root');
});

test('nothing that a caller sends ends a line, or a field', () => {
  const record = {
    timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    succeeded: true,
    allowed: true,
    user: 'a\tb',
    group: 'g\n',
    via: 'c\u2028',
    peer: '10.0.0.1:1',
    command: 'delete',
    source: '/x\nsucceeded=true\tallowed=true\u001b[2J\\',
    destination: undefined,
    permission: undefined,
    executionUs: 12,
  };
  assert.equal(
    new AuditLines('CUSTOM').of(record),
    '2026-01-02 03:04:05,006 INFO  AUDIT_LOG - succeeded=true\tallowed=true\tugi=a\\x09b,g\\x0a (AUTH=CUSTOM) via c\\u2028\tip=/10.0.0.1:1\tcmd=delete' +
      '\tsrc=/x\\x0asucceeded=true\\x09allowed=true\\x1b[2J\\\\\tdst=null\tperm=null\texecutionTimeUs=12\tproto=rpc\n',
  );
});
