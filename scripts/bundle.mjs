// Bundles the alluvium program, so that it starts quickly: the entry and what every command needs in one file, each command
// and the server's roles in files of their own that are loaded when asked for. Run after `tsc -b`.
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const dist = resolve(import.meta.dirname, '../packages/server/dist');
const entry = join(dist, 'bin/alluvium.js');
const out = join(dist, 'alluvium.mjs');

if (!existsSync(entry)) {
  console.error(`bundle: nothing to do, ${entry} is not there`);
  process.exit(0);
}

rmSync(join(dist, 'bundle'), { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { alluvium: entry },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  outdir: join(dist, 'bundle'),
  outExtension: { '.js': '.mjs' },
  chunkNames: '[name]-[hash]',
  sourcemap: 'linked',
  sourcesContent: false,
  minifySyntax: true,
  legalComments: 'linked',
  // CommonJS libraries inside the bundle ask for Node's modules by require().
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  // Libraries of size, and those that look for files beside their own code, stay where npm puts them.
  external: ['@aws-sdk/*', '@smithy/*', '@node-rs/*', '@nxtedition/*', 'koffi', 'pino', 'lmdb'],
  metafile: true,
  absWorkingDir: dist,
  logLevel: 'warning',
});
writeFileSync(join(dist, 'bundle/meta.json'), JSON.stringify(metafile));

// The compile cache has to be on before the first module of size is read, hence a file in front of the bundle.
writeFileSync(
  out,
  `#!/usr/bin/env -S node --initial-old-space-size=128
import { enableCompileCache } from 'node:module';
enableCompileCache();
await import('./bundle/alluvium.mjs');
`,
);
chmodSync(out, 0o755);
