import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesBelow, importsOf, packageNames, readJson } from './source-tree.js';

interface Floors {
  readonly packages: Readonly<Record<string, { readonly floor: number; readonly imports: readonly string[] }>>;
  readonly testsOnly: readonly string[];
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const floors = readJson('tidy/floors.json') as Floors;
const manifest = (name: string): Manifest => readJson(`packages/${name}/package.json`) as Manifest;
const ours = (dependencies: Readonly<Record<string, string>> = {}): string[] =>
  Object.keys(dependencies)
    .filter((name) => name.startsWith('@alluvium/'))
    .map((name) => name.slice('@alluvium/'.length));

/** `@scope/name/deep/path` -> `@scope/name`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

test('every package has a floor', () => {
  assert.deepEqual(packageNames, [...Object.keys(floors.packages), ...floors.testsOnly].sort());
});

test('what a package may import lies on lower floors', () => {
  for (const [name, { floor, imports }] of Object.entries(floors.packages)) {
    for (const other of imports) {
      assert.ok(
        floors.packages[other]!.floor < floor,
        `tidy/floors.json: ${name} (floor ${floor}) may not import ${other} (floor ${floors.packages[other]!.floor})`,
      );
    }
  }
});

test('manifests depend downwards only, and tsconfig references say the same', () => {
  for (const name of packageNames) {
    const dependencies = ours(manifest(name).dependencies).sort();
    const allowed = floors.packages[name]?.imports;
    for (const other of dependencies) {
      if (allowed === undefined) continue;
      assert.ok(
        allowed.includes(other),
        `packages/${name}/package.json depends on ${other}; tidy/floors.json allows ${allowed.join(', ') || 'nothing'}`,
      );
    }
    const { references = [] } = readJson(`packages/${name}/tsconfig.json`) as { references?: { path: string }[] };
    assert.deepEqual(
      references.map(({ path }) => path.replace('../', '')).sort(),
      dependencies,
      `references of packages/${name}/tsconfig.json`,
    );
  }
});

test('source files import what the manifest of their package names, by name and never by a deep path', () => {
  const wrong: string[] = [];
  for (const name of packageNames) {
    const { dependencies, optionalDependencies, peerDependencies } = manifest(name);
    const declared = new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
    const root = `packages/${name}/src`;
    for (const file of filesBelow(root, /\.ts$/)) {
      for (const specifier of importsOf(file)) {
        if (specifier.startsWith('node:')) continue;
        if (specifier.startsWith('.')) {
          if (!specifier.endsWith('.js')) wrong.push(`${file} imports ${specifier}: relative imports end in .js`);
          const depth = file.slice(root.length + 1).split('/').length - 1;
          if ((specifier.match(/\.\.\//g) ?? []).length > depth)
            wrong.push(`${file} imports ${specifier}: it leaves its package; import @alluvium/NAME`);
        } else if (!declared.has(packageOf(specifier))) {
          wrong.push(`${file} imports ${specifier}: packages/${name}/package.json does not name it`);
        } else if (specifier.startsWith('@alluvium/') && specifier !== packageOf(specifier)) {
          wrong.push(`${file} imports ${specifier}: only tests import deep paths; export it from the package's index`);
        }
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('only tests import the test kit', () => {
  for (const name of packageNames.filter((name) => !floors.testsOnly.includes(name))) {
    const { dependencies, optionalDependencies } = manifest(name);
    assert.deepEqual(
      ours({ ...dependencies, ...optionalDependencies }).filter((other) => floors.testsOnly.includes(other)),
      [],
      `packages/${name}/package.json`,
    );
  }
});
