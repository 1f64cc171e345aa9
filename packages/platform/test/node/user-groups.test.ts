import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { identityGroups, parseStaticGroups, silentLogger, staticGroups, SystemGroups } from '@alluvium/platform';
import { SimClock } from '@alluvium/testkit';

test('static groups: a line per user, the primary group first', () => {
  const groups = parseStaticGroups('# who\nann = staff, wheel,staff\n\nbob=users # the builder\r\n__proto__=x');
  assert.deepEqual(
    [...groups],
    [
      ['ann', ['staff', 'wheel']],
      ['bob', ['users']],
      ['__proto__', ['x']],
    ],
  );
  for (const text of ['ann', '=staff', 'ann=', 'ann=a,,b', 'ann=a=b', 'ok=a\nann=a\nann=b'])
    assert.throws(() => parseStaticGroups(text), { kind: 'invalidArgument', message: /^line \d is "/ }, text);
});

test('a file of groups is read again when it has changed, and counts on when it breaks', async (t) => {
  const root = fs.mkdtempSync(join(tmpdir(), 'alluvium-groups-'));
  t.after(() => fs.rmSync(root, { recursive: true }));
  const path = join(root, 'groups');
  const clock = new SimClock();
  const write = (text: string, second: number): Promise<void> => {
    fs.writeFileSync(path, text);
    fs.utimesSync(path, second, second);
    return clock.advance(1000);
  };
  const options = { path, clock, log: silentLogger, maxAgeMs: 1000 };
  assert.throws(() => staticGroups(options), { kind: 'invalidArgument', message: /^Cannot use the file of groups .*groups: / });
  await write('ann=staff', 1);
  const groups = staticGroups(options);
  assert.deepEqual([groups.groupsOf('ann'), groups.groupsOf('bob'), groups.learn('bob')], [['staff'], [], undefined]);
  const changed = write('ann=users', 2);
  assert.deepEqual(groups.groupsOf('ann'), ['staff']);
  await changed;
  assert.deepEqual(groups.groupsOf('ann'), ['users']);
  await write('nonsense', 3);
  assert.deepEqual(groups.groupsOf('ann'), ['users']);
  fs.rmSync(path);
  await clock.advance(1000);
  assert.deepEqual(groups.groupsOf('ann'), ['users']);
});

test('identity: a group of the name of the user', () => {
  assert.deepEqual(identityGroups.groupsOf('ann'), ['ann']);
  assert.throws(() => identityGroups.groupsOf('a:b'), { kind: 'invalidArgument' });
});

test('users that are not in the files are asked for when they authenticate, and again when that is old', async () => {
  const clock = new SimClock();
  const asked: string[] = [];
  let answer: readonly string[] | Error = ['domain users', 'etl'];
  const lookUp = (user: string): Promise<readonly string[]> => {
    asked.push(user);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const groups = new SystemGroups({ clock, maxAgeMs: 1000, passwdFile: '/none', groupFile: '/none', lookUp });
  const [first, second] = [groups.learn('ann'), groups.learn('ann')];
  assert.equal(first, second);
  await first;
  assert.deepEqual(groups.groupsOf('ann'), ['domain users', 'etl']);
  assert.equal(groups.learn('ann'), undefined);
  assert.deepEqual(asked, ['ann']);

  await clock.advance(1000);
  answer = ['users'];
  assert.deepEqual(groups.groupsOf('ann'), ['domain users', 'etl'], 'what is old counts until the answer');
  await groups.learn('ann');
  assert.deepEqual(groups.groupsOf('ann'), ['users']);

  await clock.advance(1000);
  answer = new Error('no service');
  await groups.learn('ann');
  assert.deepEqual(groups.groupsOf('ann'), ['users'], 'a service that is away takes nobody his groups');
  assert.equal(asked.length, 3);
  assert.equal(groups.learn('-n'), undefined, 'what is no name is not asked for');
});

test('the machine itself is asked about users of its own', async () => {
  const groups = new SystemGroups({ clock: new SimClock(), passwdFile: '/none', groupFile: '/none' });
  await groups.learn('root');
  assert.equal(groups.groupsOf('root')[0], 'root');
  await groups.learn('nobody-of-that-name');
  assert.deepEqual(groups.groupsOf('nobody-of-that-name'), []);
  assert.equal(new SystemGroups({ clock: new SimClock() }).learn('root'), undefined, 'the files say it');
});
