import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Program } from './support/program.js';

/** A master that has made `/made/part-0.csv` and so on, and has stopped. */
function stopped(t: TestContext): Program {
  const program = new Program(t);
  const started = program.start(program.store);
  assert.equal(started.code, 0, started.err);
  assert.equal(program.fs('mkdir', '/made').code, 0);
  // Files that no store has: what is lost stays lost.
  const names = Array.from({ length: 8 }, (_, index) => `/made/part-${index}.csv`);
  const args = ['-Dalluxio.user.file.writetype.default=MUST_CACHE', '--master', program.state().master, 'fs', 'touch', ...names];
  const made = program.run(args);
  assert.equal(made.code, 0, made.err);
  assert.equal(program.run(['stop']).code, 0);
  return program;
}

const journalOf = (program: Program): string => join(program.home, 'journal');

/** Damages the record that makes a file. */
function damage(program: Program, name: string): void {
  const directory = join(journalOf(program), 'segments');
  for (const segment of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, segment));
    const at = bytes.indexOf(name);
    if (at < 0) continue;
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(join(directory, segment), bytes);
    return;
  }
  assert.fail(`no segment has ${name}`);
}

test('a damaged journal is told by the start, judged, salvaged, and serves what is left', (t) => {
  const program = stopped(t);
  const whole = program.run(['journal', 'verify', '--replay']);
  assert.equal(whole.code, 0, whole.out + whole.err);
  assert.match(whole.out, /Replayed: 10 inodes, .*\nAll is well\.\n$/);
  damage(program, 'part-3.csv');
  const refused = program.start(program.store);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /is damaged at byte \d+: .*alluvium journal salvage/s);
  const judged = program.run(['journal', 'verify', journalOf(program)]);
  assert.equal(judged.code, 1);
  assert.match(judged.out, /\.seg: DAMAGED at byte \d+: .* lost/);
  const salvaged = program.run(['journal', 'salvage', journalOf(program), program.path('new'), '--skip-damaged']);
  assert.equal(salvaged.code, 0, salvaged.err);
  assert.match(
    salvaged.out,
    /operation \d+ is lost: .*probably about inode_file .*name=qart-3\.csv.*is dropped: inode \d+ does not exist/s,
  );
  renameSync(journalOf(program), `${journalOf(program)}.damaged`);
  renameSync(program.path('new'), journalOf(program));
  const started = program.start(program.store);
  assert.equal(started.code, 0, started.err);
  const { out } = program.fs('ls', '--json', '/made');
  const names = (JSON.parse(out) as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(
    names,
    [0, 1, 2, 4, 5, 6, 7].map((index) => `part-${index}.csv`),
  );
  const doctor = program.run(['--master', program.state().master, 'fsadmin', 'doctor']);
  assert.equal(doctor.code, 0, doctor.out + doctor.err);
});

test('the journal is read as text and as JSON, filtered, and beside a running master', (t) => {
  const program = new Program(t);
  assert.equal(program.start(program.store).code, 0);
  assert.equal(program.fs('mkdir', '/made').code, 0);
  assert.equal(program.fs('touch', '/made/a b').code, 0);
  const text = program.run(['journal', 'read', '--kind', 'inode_file']);
  assert.equal(text.code, 0, text.err);
  assert.match(text.out, /^#\d+ epoch 1 segments\/[0-9a-f-]+\.seg:\d+\n/);
  assert.match(text.out, /\n {2}inode_file id=\d+ parent_id=\d+ name="a b" .*creation_time_ms=20\d\d-.*Z/);
  const lines = program
    .run(['journal', 'read', '--json', journalOf(program)])
    .out.trimEnd()
    .split('\n');
  const operations = lines.map((line) => JSON.parse(line) as { sequence: number; entries: { kind: string; fields: { name?: string } }[] });
  assert.deepEqual(
    operations.map(({ sequence }) => sequence),
    operations.map((_, index) => index + 1),
  );
  assert.ok(operations.some(({ entries }) => entries.some(({ kind, fields }) => kind === 'inode_directory' && fields.name === 'made')));
  const one = program.run(['journal', 'read', '--json', '--from', '2', '--to', '2', journalOf(program)]).out;
  assert.deepEqual(
    one
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { sequence: number }).sequence),
    [2],
  );
  assert.match(program.run(['journal', 'read', '--stats']).out, /count +bytes +each {2}entry\n.*inode_file/s);
  const beside = program.run(['journal', 'verify']);
  assert.equal(beside.code, 0, beside.out);
  assert.match(beside.out, /Process \d+ serves from this journal: its last operations may be missing/);
  const salvage = program.run(['journal', 'salvage', journalOf(program), program.path('new')]);
  assert.equal(salvage.code, 1);
  assert.match(salvage.err, /process \d+ serves from it; stop it first/);
});

test('a journal command ends quietly when nobody reads any more, and tells what it does not find', async (t) => {
  const program = stopped(t);
  const child = program.spawn(['journal', 'read']);
  const closed = once(child, 'close');
  child.stdout.destroy();
  assert.deepEqual(await closed, [0, null]);
  assert.match(program.run(['journal', 'read', program.path('nowhere')]).err, /"[^"]*nowhere": it does not exist/);
  assert.match(program.run(['journal', 'read', '--file', 'nothing']).err, /no such segment/);
  assert.equal(program.run(['journal', 'read', '--from', 'x']).code, 2);
});
