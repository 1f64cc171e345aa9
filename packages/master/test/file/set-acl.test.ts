import { test } from 'node:test';
import { setAcl } from '@alluvium/master/file/operations/set-acl.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { program, rejects } from './world.js';

const { PAclEntryType, SetAclAction } = fs;

test(
  'removing a base entry is an error, where a 2.9.4 master dies',
  program(async (w) => {
    await w.create('/f');
    for (const type of [PAclEntryType.Owner, PAclEntryType.OwningGroup, PAclEntryType.Other]) {
      await rejects('invalidArgument', /^Cannot remove the entries of owner, owning group or others from the ACL of \/f$/, () =>
        setAcl(w.c, { path: '/f', action: SetAclAction.REMOVE, entries: [{ type, subject: '', actions: [], isDefault: false }] }, 'root'),
      );
    }
    await w.set('/f', { pinned: true });
  }),
);

test(
  'who may, and what is not there',
  program(async (w) => {
    await w.create('/f');
    await rejects('permissionDenied', 'Permission denied: user=alice is not the owner of path=/f', () =>
      setAcl(w.c, { path: '/f', action: SetAclAction.MODIFY, entries: [] }, 'alice'),
    );
    await rejects('notFound', 'Path "/no" does not exist.', () => setAcl(w.c, { path: '/no', action: SetAclAction.MODIFY }, 'root'));
    await rejects('unimplemented', /.*/, () => setAcl(w.c, { path: '/f', action: SetAclAction.MODIFY, entries: [] }, 'root'));
  }),
);
