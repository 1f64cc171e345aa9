import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readJson, ROOT } from './source-tree.js';

interface Output {
  readonly bytes: number;
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
}

const META = 'packages/server/dist/bundle/meta.json';

/** What `alluvium --version` reads before it can say a word: about a millisecond for every 50 KiB. */
const MAX_STATIC_BYTES = 500 * 1024;

test(
  'the program starts without the server, the object store clients and native code',
  { skip: !existsSync(join(ROOT, META)) && 'there is no bundle yet' },
  () => {
    const { outputs } = readJson(META) as { outputs: Readonly<Record<string, Output>> };
    const reached = new Set(['bundle/alluvium.mjs']);
    const external = new Set<string>();
    let bytes = 0;
    for (const path of reached) {
      const output = outputs[path]!;
      bytes += output.bytes;
      for (const { path: target, kind, external: outside } of output.imports) {
        if (kind === 'dynamic-import') continue;
        if (outside !== true) reached.add(target);
        else if (!target.startsWith('node:')) external.add(target);
      }
    }
    assert.deepEqual([...external], [], 'import() it where it is needed');
    assert.ok(
      bytes <= MAX_STATIC_BYTES,
      `${bytes} bytes are read at every start: ${[...reached].join(', ')}; import() what a command alone needs`,
    );
  },
);
