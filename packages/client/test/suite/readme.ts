import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { get, MIB, patterned, put } from './world.js';
import type { InWorld } from './world.js';

const run = promisify(execFile);
/** Of build/test/packages/client/test/suite. */
const REPOSITORY = fileURLToPath(new URL('../../../../../../', import.meta.url));

/** The JavaScript of the README as one program, with this run's names. */
async function program(root: string, master: string, part: string): Promise<string> {
  const text = await readFile(join(REPOSITORY, 'packages/client/README.md'), 'utf8');
  const blocks = [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!);
  assert.equal(blocks.length, 2);
  // The second block goes on where the first one has closed.
  return [...blocks[0]!.split('await fs.close();\n'), blocks[1]!, 'await fs.close();\n']
    .join('')
    .replaceAll('localhost:19998', master)
    .replaceAll("'/notes", `'${root}/notes`)
    .replaceAll("'/data", `'${root}/data`)
    .replaceAll('/tmp/part', part);
}

export function readme(world: InWorld, master: string): void {
  test('the examples of the README do what they say', async () => {
    const { fs, root } = world();
    const large = patterned(MIB + 500_000);
    await put(fs, `${root}/data/large`, large, { recursive: true });
    const part = join(tmpdir(), `alluvium-readme-${process.pid}`);
    const script = join(REPOSITORY, `build/readme-${process.pid}.mjs`);
    try {
      await writeFile(script, await program(root, master, part));
      const { stdout } = await run(process.execPath, [script]);
      assert.equal(stdout, `Hello${root}/notes/today.txt 5n true 2\n`);
      assert.deepEqual(await readFile(part), large.subarray(1_000_000));
      assert.deepEqual(await get(fs, `${root}/data/copy`), large);
    } finally {
      await rm(script, { force: true });
      await rm(part, { force: true });
    }
  });
}
