// Removes everything that a build makes.
import { readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
rmSync(resolve(root, 'build'), { recursive: true, force: true });
for (const name of readdirSync(resolve(root, 'packages')))
  rmSync(resolve(root, 'packages', name, 'dist'), { recursive: true, force: true });
