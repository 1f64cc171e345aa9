import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesBelow, packageNames, read, readJson } from './source-tree.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly resolved?: string;
        readonly link?: boolean;
        readonly license?: string;
        readonly dev?: boolean;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

const root = readJson('package.json') as Manifest;
const lock = readJson('package-lock.json') as Lock;

test('the lock file names no registry', () => {
  const hosts = Object.entries(lock.packages).filter(([, { resolved, link }]) => resolved !== undefined && link !== true);
  assert.deepEqual(
    hosts.map(([name]) => name),
    [],
    'npm config set omit-lockfile-registry-resolved true --location=user, then npm install --package-lock-only',
  );
  for (const file of filesBelow('', /(?:^|\/)(?:\.npmrc|package\.json)$/))
    assert.ok(!/registry/.test(read(file)), `${file} names a registry`);
});

test('the lock file knows the optional packages of every platform', () => {
  const known = new Set(Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)));
  const missing = Object.values(lock.packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies).filter((name) => !known.has(name)),
  );
  assert.deepEqual(missing, [], 'node scripts/complete-lock.mjs; npm ci refuses the lock file otherwise');
});

test('packages carry the version and the licence of the product, and depend on each other at that version', () => {
  for (const directory of packageNames) {
    const manifest = readJson(`packages/${directory}/package.json`) as Manifest;
    assert.equal(manifest.name, `@alluvium/${directory}`);
    assert.equal(manifest.version, root.version, manifest.name);
    assert.equal(manifest.license, 'Apache-2.0', manifest.name);
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (name.startsWith('@alluvium/')) assert.equal(version, root.version, `${manifest.name} depends on ${name}`);
    }
    assert.deepEqual(Object.keys(manifest.scripts ?? {}), [], `${manifest.name}: scripts live in the root`);
  }
});

test('what is installed may be given on under the Apache licence', () => {
  const allowed =
    /^\(?(?:MIT|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|ISC|0BSD|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0|MIT OR CC0-1\.0|MIT OR Apache-2\.0|Apache-2\.0 OR MIT|\(?BSD-3-Clause AND Apache-2\.0\)?|\(?MIT AND Apache-2\.0\)?)\)?$/;
  const wrong: string[] = [];
  for (const [name, { link, license, dev }] of Object.entries(lock.packages)) {
    if (!name.includes('node_modules/') || link === true || dev === true) continue;
    if (license === undefined || !allowed.test(license)) wrong.push(`${name}: ${license ?? 'no licence'}`);
  }
  assert.deepEqual(wrong, []);
});
