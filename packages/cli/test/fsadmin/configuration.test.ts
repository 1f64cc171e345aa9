import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeConfigurationAdmin } from '../fakes/fake-configuration-admin.js';
import { FakeTerminal } from '../fakes/fake-terminal.js';

function terminal(): { t: FakeTerminal; admin: FakeConfigurationAdmin } {
  const t = new FakeTerminal();
  return { t, admin: t.fileSystem.admin };
}

const WRITE_TYPE = 'alluxio.user.file.writetype.default';
const READ_TYPE = 'alluxio.user.file.readtype.default';

test('pathConf adds, lists, shows and removes properties of paths', async () => {
  const { t } = terminal();
  const lines = async (line: string): Promise<string[]> => {
    t.stdout.text = '';
    assert.equal(await t.run(`fsadmin pathConf ${line}`), 0, t.stderr.text);
    return t.stdout.lines;
  };
  assert.deepEqual(await lines('list'), []);
  await lines(`add --property ${WRITE_TYPE}=CACHE_THROUGH /p`);
  await lines(`add --property ${READ_TYPE}=NO_CACHE --property ${WRITE_TYPE}=THROUGH /p/q`);
  assert.deepEqual(await lines('list'), ['/p', '/p/q']);
  assert.deepEqual(await lines('show /p'), [`${WRITE_TYPE}=CACHE_THROUGH`]);
  assert.deepEqual(await lines('show /p/q/r'), []);
  assert.deepEqual(await lines('show --all /p/q/r'), [`${READ_TYPE}=NO_CACHE`, `${WRITE_TYPE}=THROUGH`]);
  assert.deepEqual(await lines('show --all /px'), []);
  await lines(`remove --keys ${WRITE_TYPE} /p/q`);
  assert.deepEqual(await lines('show --all /p/q'), [`${READ_TYPE}=NO_CACHE`, `${WRITE_TYPE}=CACHE_THROUGH`]);
  await lines('remove /p');
  assert.deepEqual(await lines('list'), ['/p/q']);
});

test('pathConf tells a name that is none', async () => {
  const { t } = terminal();
  assert.equal(await t.run('fsadmin pathConf add --property nosuch.property=1 /p'), 1);
  assert.match(t.stderr.text, /Invalid property key nosuch\.property/);
  assert.equal(await t.run('fsadmin pathConf add /p'), 2);
  assert.equal(await t.run('fsadmin pathConf add --property novalue /p'), 2);
});

test('updateConf tells what was changed and what cannot be', async () => {
  const { t, admin } = terminal();
  admin.dynamic.set('a.b', '1');
  assert.equal(await t.run('fsadmin updateConf a.b=2=3'), 0);
  assert.equal(admin.dynamic.get('a.b'), '2=3');
  assert.equal(t.stdout.text, 'Updated 1 configs\n');
  assert.equal(await t.run('fsadmin updateConf a.b=4 c.d=5'), 1);
  assert.equal(t.stdout.lines.at(-1), 'Updated 1 configs');
  assert.match(t.stderr.text, /Failed to Update c\.d: /);
  assert.equal(await t.run('fsadmin updateConf novalue'), 2);
});

test('ufs sets the mode of a whole store', async () => {
  const { t, admin } = terminal();
  for (const [mode, uri] of [
    ['noAccess', 's3://bucket'],
    ['READONLY', 'hdfs://host:9000/'],
    ['readWrite', '/'],
  ])
    assert.equal(await t.run(`fsadmin ufs --mode ${mode} ${uri}`), 0, t.stderr.text);
  assert.deepEqual(
    [...admin.modes],
    [
      ['s3://bucket', 'NO_ACCESS'],
      ['hdfs://host:9000/', 'READ_ONLY'],
      ['/', 'READ_WRITE'],
    ],
  );
  admin.modes.clear();
  assert.equal(await t.run('fsadmin ufs --mode readOnly s3://bucket/path'), 2);
  assert.match(t.stderr.text, /The ufs path should have only scheme and authority but no path\./);
  assert.equal(await t.run('fsadmin ufs --mode bogus s3://bucket'), 2);
  assert.equal(await t.run('fsadmin ufs s3://bucket'), 2);
  assert.equal(admin.modes.size, 0);
});
