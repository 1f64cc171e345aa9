import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aclEntryMessage, defaultEntries, extendedEntries } from '@alluvium/client/acl.js';
import { fileSystemMaster as fs } from '@alluvium/wire';

const { PAclAction, PAclEntryType } = fs;
const { Read, Write, Execute } = PAclAction;

test('entries of a status: the named ones and the mask, of a default ACL all', () => {
  const named = { type: PAclEntryType.NamedUser, subject: 'bob', actions: [Read, Execute] };
  assert.deepEqual(extendedEntries(undefined), []);
  assert.deepEqual(extendedEntries({ mode: 0o644, entries: [{ ...named, isDefault: false }] }), [
    { kind: 'user', name: 'bob', mode: 5, isDefault: false },
  ]);
  assert.deepEqual(defaultEntries({ isDefault: true, isDefaultEmpty: true, mode: 0 }), []);
  assert.deepEqual(defaultEntries({ isDefault: true, mode: 0o750, entries: [{ ...named, isDefault: true }] }), [
    { kind: 'user', name: '', mode: 7, isDefault: true },
    { kind: 'group', name: '', mode: 5, isDefault: true },
    { kind: 'other', name: '', mode: 0, isDefault: true },
    { kind: 'user', name: 'bob', mode: 5, isDefault: true },
  ]);
});

test('entries of a request: with a name they are of a user or group, without of owner or owning group', () => {
  for (const [kind, name, type] of [
    ['user', '', PAclEntryType.Owner],
    ['user', 'bob', PAclEntryType.NamedUser],
    ['group', '', PAclEntryType.OwningGroup],
    ['group', 'ops', PAclEntryType.NamedGroup],
    ['mask', '', PAclEntryType.Mask],
    ['other', '', PAclEntryType.Other],
  ] as const)
    assert.deepEqual(aclEntryMessage({ kind, name, mode: 6, isDefault: true }), {
      type,
      subject: name,
      actions: [Read, Write],
      isDefault: true,
    });
});
