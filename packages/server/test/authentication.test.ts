import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Configuration, identityGroups, silentLogger, type UserGroups } from '@alluvium/platform';
import { authenticatorOf } from '@alluvium/server/authentication.js';
import { userGroupsOf } from '@alluvium/server/user-groups.js';
import { SeededRandom, SimClock, SimDisk } from '@alluvium/testkit';

const IMPERSONATION = 'alluxio.master.security.impersonation';
const MAPPING = 'alluxio.security.group.mapping.class';

/** Each user is in `users`; alice, once she has been asked for, in `staff` too. */
class SlowGroups implements UserGroups {
  readonly asked: string[] = [];
  #known = false;

  groupsOf(user: string): readonly string[] {
    return user === 'alice' && this.#known ? ['users', 'staff'] : ['users'];
  }

  learn(user: string): Promise<void> | undefined {
    this.asked.push(user);
    if (this.#known) return undefined;
    return Promise.resolve().then(() => void (this.#known = true));
  }
}

async function callerOf(
  properties: Record<string, string>,
  connectionUser: string,
  user: string,
  groups: UserGroups = new SlowGroups(),
): Promise<string> {
  const authenticator = authenticatorOf(Configuration.of(properties), groups);
  const caller = await authenticator.authenticate({ authorizationId: user, authenticationId: connectionUser, password: 'x' });
  return `${caller.user} via ${caller.connectionUser}`;
}

test('who may act for whom is what the configuration says, for users and for members of groups', async () => {
  const properties = {
    [`${IMPERSONATION}.hive.users`]: 'alice, carol',
    [`${IMPERSONATION}.spark.groups`]: 'staff',
    [`${IMPERSONATION}.first.last@EXAMPLE.COM.users`]: '*',
    [`${IMPERSONATION}.nobody.users`]: '',
  };
  for (const [connectionUser, user] of [
    ['hive', 'alice'],
    ['hive', 'carol'],
    ['hive', 'hive'],
    ['hive', ''],
    ['spark', 'alice'],
    ['first.last@EXAMPLE.COM', 'whoever'],
  ] as const)
    assert.equal(await callerOf(properties, connectionUser, user), `${user === '' ? connectionUser : user} via ${connectionUser}`);
  for (const [connectionUser, user] of [
    ['hive', 'root'],
    ['spark', 'bob'],
    ['first', 'whoever'],
    ['nobody', 'alice'],
    ['alice', 'hive'],
  ] as const)
    await assert.rejects(callerOf(properties, connectionUser, user), {
      kind: 'unauthenticated',
      message: /^Plain authentication failed: /,
    });
});

test('the groups of a caller are asked for before anything is checked against them', async () => {
  const groups = new SlowGroups();
  await callerOf({}, 'alice', '', groups);
  assert.deepEqual(groups.groupsOf('alice'), ['users', 'staff']);
  assert.deepEqual(groups.asked, ['alice']);
});

test('where groups come from', (t) => {
  const root = fs.mkdtempSync(join(tmpdir(), 'alluvium-groups-'));
  t.after(() => fs.rmSync(root, { recursive: true }));
  const path = join(root, 'groups');
  fs.writeFileSync(path, 'alice=etl,staff\n');
  const clock = new SimClock();
  const environment = { clock, random: new SeededRandom(1), disk: new SimDisk(new SeededRandom(2)).mount(), log: silentLogger };
  const groups = (properties: Record<string, string>): UserGroups => userGroupsOf(Configuration.of(properties), environment);
  assert.equal(groups({ [MAPPING]: 'alluxio.security.group.provider.IdentityUserGroupsMapping' }), identityGroups);
  assert.equal(groups({ [MAPPING]: 'identity' }), identityGroups);
  assert.deepEqual(groups({ 'alluvium.security.group.mapping.file': path }).groupsOf('alice'), ['etl', 'staff']);
  assert.equal(groups({}).groupsOf('root')[0], 'root');
  assert.equal(groups({ [MAPPING]: 'alluxio.security.group.provider.ShellBasedUnixGroupsMapping' }).groupsOf('root')[0], 'root');
  assert.throws(() => groups({ [MAPPING]: 'com.example.Ours' }), { kind: 'invalidArgument', message: /one of / });
});
