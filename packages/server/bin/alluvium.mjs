#!/usr/bin/env node
// The `alluvium` command: what `npm run build` bundles.
await import('../dist/alluvium.mjs');
