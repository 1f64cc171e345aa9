import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Interruption } from '@alluvium/cli';
import { MB, type FakeJobAdmin, job } from '../fakes/fake-job-admin.js';
import { FakeTerminal } from '../fakes/fake-terminal.js';

function terminal(): { t: FakeTerminal; jobs: FakeJobAdmin } {
  const t = new FakeTerminal();
  return { t, jobs: t.fileSystem.admin.jobs };
}

test('job ls lists what runs, and with --all what has ended', async () => {
  const { t, jobs } = terminal();
  jobs.jobs = [job(), job({ jobId: 6n, kind: 'COPY', target: '/b', state: 'FAILED', failedFiles: 2n, walked: false })];
  assert.equal(await t.run('job ls --all --kind copy'), 0);
  assert.deepEqual([jobs.listed?.ended, jobs.listed?.kind], [true, 'COPY']);
  assert.match(t.stdout.lines[1]!, /^7 +RUNNING +10\.00MB of 40\.00MB +3 files +alice .* load of \/data$/);
  assert.match(t.stdout.lines[2]!, /^6 +FAILED +10\.00MB of 40\.00MB so far +3 files, 2 failed .* copy of \/data to \/b$/);
});

test('job stat shows a job with the files that failed', async () => {
  const { t, jobs } = terminal();
  jobs.failures = [{ path: '/data/x', reason: 'gone' }];
  jobs.states = [job({ failedFiles: 1n, failures: 4n, bandwidth: 1024n })];
  assert.equal(await t.run('job stat 7'), 0);
  for (const line of [
    '  what: load of /data',
    '  bandwidth: 1024B/s',
    '  failed attempts: 4',
    '  under way: 2 files',
    '  failed: /data/x: gone',
  ])
    assert.ok(t.stdout.lines.includes(line), `${line} in\n${t.stdout.text}`);
  assert.equal(await t.run('job stat 8'), 1);
  assert.equal(await t.run('job stat x'), 2);
});

test('each kind of job is submitted with its options', async () => {
  const { t, jobs } = terminal();
  const lines = [
    'job submit load /a --bandwidth 2KB --verify',
    'job submit copy /a /b --overwrite --write-type THROUGH',
    'job submit move /a /b',
    'job submit free /a --force',
    'job submit persist /a',
    'job submit replicate /a --copies 3',
    'job submit migrate /a --medium SSD',
  ];
  for (const line of lines) assert.equal(await t.run(line), 0, line);
  assert.deepEqual(jobs.submitted, [
    { kind: 'LOAD', path: '/a', bandwidth: 2048, verify: true },
    { kind: 'COPY', path: '/a', target: '/b', overwrite: true, writeType: 'THROUGH' },
    { kind: 'MOVE', path: '/a', target: '/b', overwrite: false },
    { kind: 'FREE', path: '/a', forced: true },
    { kind: 'PERSIST', path: '/a' },
    { kind: 'REPLICATE', path: '/a', replicas: 3 },
    { kind: 'MIGRATE', path: '/a', medium: 'SSD' },
  ]);
  assert.deepEqual(
    t.stdout.lines,
    lines.map(() => 'Job 7'),
  );
  for (const line of ['job submit replicate /a', 'job submit migrate /a --medium TAPE', 'job submit copy /a'])
    assert.equal(await t.run(line), 2, line);
});

test('a job that is followed is shown to its end, and its failure is the failure of the command', async () => {
  const { t, jobs } = terminal();
  jobs.states = [job(), job({ state: 'SUCCEEDED', bytes: 40n * MB })];
  assert.equal(await t.run('job submit load /data --follow'), 0);
  assert.match(t.stdout.text, /^SUCCEEDED: load of \/data: 40\.00MB of 40\.00MB, 3 files/);
  const failing = terminal();
  failing.jobs.states = [job({ state: 'FAILED', reason: '3 files failed', failedFiles: 3n })];
  failing.jobs.failures = [{ path: '/data/x', reason: 'gone' }];
  assert.equal(await failing.t.run('job stat 7 --follow'), 1);
  assert.deepEqual(failing.t.stdout.lines.slice(1), ['  3 files failed', '  /data/x: gone', '  and 2 more']);
  const json = terminal();
  json.jobs.states = [job({ state: 'SUCCEEDED' })];
  assert.equal(await json.t.run('job stat 7 --follow --json'), 0);
  assert.equal((JSON.parse(json.t.stdout.text) as { job: { state: string } }).job.state, 'SUCCEEDED');
});

test('on a terminal a followed job is a bar with figures and the file that is looked at; elsewhere a line now and then', async () => {
  const { t, jobs } = terminal();
  t.stderr.isTTY = true;
  t.stderr.columns = 120;
  const half = job({ bytes: 20n * MB, currentPath: '/data/\x1b[2Jevil' });
  jobs.states = [job({ walked: false }), half, half, job({ state: 'VERIFYING' }), job({ state: 'SUCCEEDED' })];
  assert.equal(await t.run('job stat 7 --follow'), 0);
  assert.match(t.stderr.text, /\[######\.{18}\] {4}\? 10\.00MB of 40\.00MB so far, 3 files, 0B\/s\n/);
  assert.match(t.stderr.text, /\[############\.{12}\] {2}50% 20\.00MB of 40\.00MB, 3 files, .*\/s, .* left/);
  assert.match(t.stderr.text, /verifying: /);
  assert.ok(t.stderr.text.includes('/data/\\x1b[2Jevil'));
  assert.ok(!t.stderr.text.includes('\x1b[2J'));
  const plain = terminal();
  plain.jobs.states = [...Array.from({ length: 60 }, () => job()), job({ state: 'SUCCEEDED' })];
  assert.equal(await plain.t.run('job stat 7 --follow'), 0);
  assert.ok(plain.t.stderr.lines.length >= 2 && plain.t.stderr.lines.length < 5, plain.t.stderr.text);
  assert.ok(plain.t.stderr.lines.every((line) => line.startsWith('10.00MB of 40.00MB, 3 files')));
});

test('Ctrl-C leaves a followed job running, and says so', async () => {
  const { t, jobs } = terminal();
  let left = 3;
  const get = jobs.get.bind(jobs);
  jobs.get = (id) => {
    if (--left === 0) t.abort.abort(new Interruption('SIGINT'));
    return get(id);
  };
  assert.equal(await t.run('job submit load /data --follow'), 130);
  assert.match(t.stderr.text, /The job goes on\. alluvium job stat --follow 7 shows it, alluvium job cancel 7 ends it\./);
  assert.deepEqual(jobs.cancelled, []);
});

test('job cancel and job update say what has become of it', async () => {
  const { t, jobs } = terminal();
  await t.run('job cancel 7');
  jobs.wasRunning = false;
  await t.run('job cancel 7');
  assert.deepEqual(t.stdout.lines, ['Job 7 is stopped; what it has done stays done', 'Job 7 had ended already']);
  assert.equal(await t.run('job update 7 --bandwidth 1MB --verify'), 0);
  assert.equal(await t.run('job update 7 --no-limit'), 0);
  assert.deepEqual(
    jobs.changes.map(({ bandwidth, verify }) => [bandwidth, verify]),
    [
      [1024 * 1024, true],
      [0, undefined],
    ],
  );
  assert.equal(await t.run('job update 7'), 2);
});

test('fsadmin report jobservice counts the jobs, and lists those that run and that failed', async () => {
  const { t, jobs } = terminal();
  jobs.jobs = [job(), job({ jobId: 6n, state: 'FAILED', reason: '3 files failed' }), job({ jobId: 5n, state: 'SUCCEEDED' })];
  assert.equal(await t.run('fsadmin report jobservice'), 0);
  assert.deepEqual(t.stdout.lines.slice(0, 5), [
    'Status: RUNNING   Count: 1',
    'Status: VERIFYING Count: 0',
    'Status: STOPPED   Count: 0',
    'Status: FAILED    Count: 1',
    'Status: SUCCEEDED Count: 1',
  ]);
  assert.match(t.stdout.text, /Running jobs:\n.*\n7 +RUNNING/);
  assert.match(t.stdout.text, /Jobs that failed of late:\n.*\n6 +FAILED .* 3 files failed/);
});

test('fs load and the distributed commands are jobs', async () => {
  const { t, jobs } = terminal();
  jobs.states = [job({ state: 'SUCCEEDED' })];
  assert.equal(await t.run('fs load /data --submit --partial-listing'), 0);
  assert.equal(await t.run('fs load /data --progress'), 0);
  assert.equal(await t.run('fs load /data --stop'), 0);
  assert.deepEqual(t.stdout.lines, [
    'Job 7',
    "Progress for loading path '/data':",
    '\tJob State: RUNNING',
    "Load '/data' is successfully stopped.",
  ]);
  assert.equal(await t.run('fs load /data --stop --submit'), 2);
  assert.equal(await t.run('fs distributedCp --active-jobs 5 --batch-size 2 /a /b'), 0);
  assert.equal(await t.run('fs distributedCp --overwrite false --async /a /b'), 0);
  assert.equal(await t.run('fs distributedMv /a /b'), 0);
  assert.equal(await t.run('fs distributedLoad --replication 2 /a'), 0);
  assert.equal(await t.run('fs distributedLoad /a'), 0);
  assert.deepEqual(jobs.submitted.slice(1), [
    { kind: 'COPY', path: '/a', target: '/b', overwrite: true },
    { kind: 'COPY', path: '/a', target: '/b', overwrite: false },
    { kind: 'MOVE', path: '/a', target: '/b', overwrite: true },
    { kind: 'REPLICATE', path: '/a', replicas: 2 },
    { kind: 'LOAD', path: '/a' },
  ]);
});
