// Compares a transcript with the one recorded from real Alluxio, command by command.
// usage: compare.mjs RECORDED DIFFERENCES ACTUAL
// DIFFERENCES holds, for each command that is to answer differently, a line or more of "why: reason" and then the whole block
// that is expected instead, beginning with the recorded "== NUMBER COMMAND". Exit 1 when a block is neither as recorded nor as
// listed, when a listed difference no longer occurs, or when one is listed without a reason.
import { existsSync, readFileSync } from 'node:fs';

const [recordedFile, differencesFile, actualFile] = process.argv.slice(2);

/** Splits a transcript at its "== " lines; the reasons before a block belong to it. */
function blocksOf(file) {
  const blocks = new Map();
  if (!existsSync(file)) return blocks;
  let reasons = [];
  let block;
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    if (line.startsWith('why: ')) {
      reasons.push(line);
    } else if (line.startsWith('== ')) {
      block = { lines: [], reasons };
      reasons = [];
      blocks.set(line, block);
    } else {
      block?.lines.push(line);
    }
  }
  for (const b of blocks.values()) while (b.lines.at(-1) === '') b.lines.pop();
  return blocks;
}

const text = (block) => block?.lines.join('\n');
const indent = (block, mark) => (block?.lines ?? ['(missing)']).map((line) => `${mark} ${line}`).join('\n');

const recorded = blocksOf(recordedFile);
const differences = blocksOf(differencesFile);
const actual = blocksOf(actualFile);
const problems = [];
for (const [command, wanted] of recorded) {
  const got = actual.get(command);
  const listed = differences.get(command);
  if (text(got) === text(wanted)) {
    if (listed) problems.push(`${command}\nlisted as different, but as recorded: take it off the list`);
  } else if (listed === undefined || text(got) !== text(listed)) {
    problems.push(`${command}\n${indent(listed ?? wanted, '<')}\n${indent(got, '>')}`);
  }
}
for (const command of actual.keys()) if (!recorded.has(command)) problems.push(`${command}\nnot in the recording`);
for (const [command, { reasons }] of differences) {
  if (!recorded.has(command)) problems.push(`${command}\nlisted as different, but not in the recording`);
  if (reasons.length === 0) problems.push(`${command}\nlisted as different without a reason`);
}
if (problems.length > 0) {
  console.log(problems.join('\n'));
  console.log(`${problems.length} of ${recorded.size} commands unexpected (${differencesFile})`);
  process.exitCode = 1;
} else {
  console.log(`${recorded.size} commands as recorded, ${differences.size} of them as listed differences`);
}
