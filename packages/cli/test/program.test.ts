import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { Command } from 'commander';
import { buildCli, Interruption } from '@alluvium/cli';
import { FakeTerminal } from './fakes/fake-terminal.js';

test('a wrong command line exits with 2 and names what is wrong', async () => {
  const wrong: [string, RegExp][] = [
    ['fs lss /', /alluvium fs: unknown command 'lss'\n\(Did you mean ls\?\)\n {2}see alluvium fs --help/],
    ['fs ls --colour /', /alluvium fs ls: unknown option '--colour'/],
    ['fs mkdir', /alluvium fs mkdir: missing required argument 'path'/],
    ['fs mv /a', /alluvium fs mv: missing required argument 'to'/],
    ['fs mv /a /b /c', /alluvium fs mv: too many arguments/],
    ['nonsense', /alluvium: unknown command 'nonsense'/],
    ['fs ls relative', /alluvium fs ls: "relative" is no path of the cluster; it begins with \/\n {2}see alluvium fs ls --help/],
    ['fs ls s3://bucket/x', /is no path of the cluster/],
    ['completion tcsh', /bash, zsh or fish is wanted/],
  ];
  for (const [line, message] of wrong) {
    const t = new FakeTerminal();
    assert.equal(await t.run(line), 2, line);
    assert.match(t.stderr.text, message);
    assert.equal(t.stdout.text, '');
    assert.equal(t.connections.length, 0, 'nothing is asked of a cluster');
  }
});

test('a group without a command prints what there is, as an error', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fs'), 2);
  assert.match(t.stderr.text, /copyFromLocal/);
  assert.equal(await t.run([]), 2);
});

test('--version and --help are no errors', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('--version'), 0);
  assert.equal(t.stdout.text, '1.2.3\n');
  assert.equal(await t.run('--help'), 0);
  assert.match(t.stdout.text, /report .*\n/);
  assert.doesNotMatch(t.stdout.text, /^ {2}complete /m, 'what only scripts call is not shown');
});

test('every command has help with an example', async () => {
  const names = (command: Command): string[][] =>
    command.commands.flatMap((child) => (child.commands.length > 0 ? names(child).map((n) => [child.name(), ...n]) : [[child.name()]]));
  const all = names(buildCli(new FakeTerminal().context));
  assert.ok(all.length > 30);
  for (const words of all) {
    const t = new FakeTerminal();
    assert.equal(await t.run([...words, '--help']), 0, words.join(' '));
    assert.match(t.stdout.text, new RegExp(`\\nExample:\\n {2}\\$ .*${words.at(-1)!}`), words.join(' '));
    assert.match(t.stdout.text, /--master/);
  }
});

test('setTtl --help says that delete reaches the store', async () => {
  const t = new FakeTerminal();
  await t.run('fs setTtl --help');
  assert.match(t.stdout.text, /delete removes the file from the\s+cluster\s+AND\s+from\s+the\s+store/);
});

test('--master and --user go before or after the command', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('--master m1:1,m2:2 --user bob fs ls /'), 0);
  assert.equal(await t.run('fs ls / --master m3:3'), 0);
  assert.equal(await t.run('fs ls alluxio://m4:4/'), 0);
  assert.equal(await t.run('fs ls alluxio:///'), 0);
  assert.deepEqual(
    t.connections.map(({ master, user }) => [master, user]),
    [
      ['m1:1,m2:2', 'bob'],
      ['m3:3', undefined],
      ['m4:4', undefined],
      [undefined, undefined],
    ],
  );
});

test('one command talks to one cluster', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fs mv alluxio://m1:1/a alluxio://m2:2/b'), 2);
  assert.equal(await t.run('fs ls --master m1:1 alluxio://m2:2/b'), 2);
  assert.match(t.stderr.text, /is not on the cluster of this command, m1:1/);
  assert.equal(await t.run('fs ls --master m1:1 alluxio://m1:1/'), 0);
});

test('a master that cannot be reached is said once, with what to do', async () => {
  const t = new FakeTerminal();
  t.connectError = fail('unavailable', 'Cannot get an answer of localhost:19998 after 9 attempts: connection refused');
  assert.equal(await t.run('fs ls /a /b /c'), 1);
  assert.deepEqual(t.stderr.lines, [
    'alluvium fs ls: Cannot get an answer of localhost:19998 after 9 attempts: connection refused',
    '  is it running? alluvium start',
  ]);
  t.stderr.text = '';
  assert.equal(await t.run('report --json --master far:1'), 1);
  const { error } = JSON.parse(t.stderr.text) as { error: { kind: string; hint: string } };
  assert.deepEqual([error.kind, error.hint], ['unavailable', 'is it running at far:1? alluvium start']);
});

test('a master that goes away in between is said once', async () => {
  const t = new FakeTerminal();
  t.fileSystem.status = () => Promise.reject(fail('unavailable', 'Cannot get an answer of m1:1 after 9 attempts'));
  assert.equal(await t.run('fs stat /a /b /c'), 1);
  assert.deepEqual(t.stderr.lines, ['alluvium fs stat: Cannot get an answer of m1:1 after 9 attempts', '  is it running? alluvium start']);
});

test('a worker or a store that is away is told for each file, without blame for the master', async () => {
  const t = new FakeTerminal();
  t.fileSystem.open = (path) => Promise.reject(fail('unavailable', `Cannot read "${path}": no live worker can do it`));
  assert.equal(await t.run('fs cat /a /b'), 1);
  assert.deepEqual(t.stderr.lines, [
    'alluvium fs cat: Cannot read "/a": no live worker can do it',
    '  alluvium report shows the workers',
    'alluvium fs cat: Cannot read "/b": no live worker can do it',
    '  alluvium report shows the workers',
  ]);
});

test('errors name what they are about once', async () => {
  const told = async (message: string): Promise<string> => {
    const t = new FakeTerminal();
    t.fileSystem.status = () => Promise.reject(fail('permissionDenied', message));
    await t.run('fs stat /a');
    return t.stderr.text;
  };
  assert.equal(await told('Permission denied by bob'), 'alluvium fs stat: /a: Permission denied by bob\n');
  assert.equal(await told('Permission denied on /a'), 'alluvium fs stat: Permission denied on /a\n');
  assert.equal(await told('Cannot look at "elsewhere": not allowed'), 'alluvium fs stat: Cannot look at "elsewhere": not allowed\n');
});

test('a reader that goes away ends the program quietly', async () => {
  const t = new FakeTerminal();
  t.fileSystem.file('/f', 'x'.repeat(100));
  t.stdout.closesAfter = 2;
  assert.equal(await t.run('fs cat /f'), 0);
  assert.equal(t.stderr.text, '');
  assert.equal(t.fileSystem.closed, true);
  assert.ok(t.fileSystem.calls.includes('close /f'));
});

test('a defect says that it is one, and shows where when asked', async () => {
  const t = new FakeTerminal();
  t.fileSystem.status = () => Promise.reject(new TypeError('x is not a function'));
  assert.equal(await t.run('fs stat /'), 1);
  assert.equal(t.stderr.text, 'alluvium fs stat: a defect of this program: x is not a function\n');
  t.environment = { ALLUVIUM_DEBUG: '1' };
  await t.run('fs stat /');
  assert.match(t.stderr.text, /\n\s+at .*program\.test/);
});

test('the connection is closed whatever happens', async () => {
  const t = new FakeTerminal();
  await t.run('fs ls /missing');
  assert.equal(t.fileSystem.closed, true);
});

test('commands that a server adds fail in the same words', async () => {
  const t = new FakeTerminal();
  t.extend = (program) => {
    program.addCommand(
      new Command('start').argument('[root]').action(() => {
        throw fail('failedPrecondition', 'Cannot start: port 19998 is taken');
      }),
    );
  };
  assert.equal(await t.run('start'), 1);
  assert.equal(t.stderr.text, 'alluvium start: Cannot start: port 19998 is taken\n');
  assert.equal(await t.run('start --nope'), 2);
  assert.match(t.stderr.text, /alluvium start: unknown option '--nope'/);
});

test('an interruption while the program connects', async () => {
  const t = new FakeTerminal();
  t.extend = () => t.abort.abort(new Interruption('SIGINT'));
  t.connectError = fail('cancelled', 'the call was cancelled');
  assert.equal(await t.run('fs ls /'), 130);
  assert.equal(t.stderr.text, '');
});
