#!/usr/bin/env -S node --initial-old-space-size=128
// The `alluvium` command: what `npm run build` bundles.
import process from 'node:process';

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `alluvium: cannot run on Node ${process.versions.node}; Node 24 or later wanted (npx alluvium brings its own on Linux)\n`,
  );
  process.exit(1);
}
await import('../dist/alluvium.mjs');
