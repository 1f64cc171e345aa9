import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAccess } from '@alluvium/master/file/operations/check-access.js';
import { common } from '@alluvium/wire';
import { pmode, program, rejects } from './world.js';

const { NONE, READ, WRITE, READ_WRITE, ALL } = common.Bits;

test(
  'the bits that are asked for are checked, all of them',
  program(async (w) => {
    await w.create('/f', { mode: pmode(0o664) });
    const check = (user: string, bits: common.Bits): unknown => checkAccess(w.c, { path: '/f', options: { bits } }, user);
    for (const bits of [NONE, READ]) assert.deepEqual(check('eve', bits), {});
    await rejects('permissionDenied', /^Permission denied: user=eve, access=-w-, path=\/f: failed at f, /, () => check('eve', WRITE));
    await rejects('permissionDenied', /access=rw-/, () => check('eve', READ_WRITE));
    for (const user of ['root', 'boss']) assert.deepEqual(check(user, ALL), {});
    await rejects('notFound', 'Path "/no" does not exist.', () => checkAccess(w.c, { path: '/no' }, 'root'));
  }),
);
