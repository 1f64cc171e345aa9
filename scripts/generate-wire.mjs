// Generates packages/wire/src/gen from packages/wire/proto with buf and ts-proto. Run after a .proto file changed.
// ts-proto's code is then fitted to our own reader and writer (packages/wire/src/codec), which check ranges, borders and
// depth themselves: see fit(). With --check nothing is written; exit code 1 says that something would be.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const bin = (name) => resolve(root, 'node_modules/.bin', name);
const gen = resolve(root, 'packages/wire/src/gen');
const out = resolve(root, 'node_modules/.cache-wire-gen');
rmSync(out, { recursive: true, force: true });

// proto2 presence is kept: an optional field that was set to its default is written, an absent one is not.
const options = [
  'env=node',
  'esModuleInterop=true',
  'importSuffix=.js',
  'forceLong=bigint',
  'useOptionals=all',
  'noDefaultsForOptionals=true',
  'disableProto2DefaultValues=true',
  'unknownFields=true',
  'snakeToCamel=keys',
  'outputJsonMethods=false',
  'outputPartialMethods=false',
  'outputServices=generic-definitions',
  'enumsAsLiterals=true',
  'unrecognizedEnum=false',
  'useExactTypes=false',
];
const template = {
  version: 'v2',
  plugins: [{ local: bin('protoc-gen-ts_proto'), out, opt: options }],
};
const templateFile = resolve(root, 'node_modules/.cache-buf.gen.json');
writeFileSync(templateFile, JSON.stringify(template));
try {
  execFileSync(bin('buf'), ['generate', '--template', templateFile, resolve(root, 'packages/wire/proto')], {
    stdio: 'inherit',
    cwd: root,
  });
} finally {
  rmSync(templateFile, { force: true });
}

for (const name of listFiles(out)) {
  const file = resolve(out, name);
  writeFileSync(file, fit(readFileSync(file, 'utf8'), relative(dirname(file), resolve(out, '../codec'))));
}
if (process.argv.includes('--check')) {
  const different = listFiles(out).filter((file) => readIfThere(resolve(gen, file)) !== readFileSync(resolve(out, file), 'utf8'));
  const extra = listFiles(gen).filter((file) => readIfThere(resolve(out, file)) === undefined);
  if (different.length + extra.length > 0) {
    process.exitCode = 1;
    process.stderr.write(
      `packages/wire/src/gen is not what the .proto files generate; run npm run generate: ${[...different, ...extra].join(' ')}\n`,
    );
  }
} else {
  rmSync(gen, { recursive: true, force: true });
  cpSync(out, gen, { recursive: true });
}
rmSync(out, { recursive: true, force: true });

function listFiles(directory) {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(directory, resolve(entry.parentPath, entry.name)));
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Rewrites one generated file; every pattern that must be found is counted, so that a new ts-proto cannot slip past. */
function fit(source, codec) {
  const decoders = source.split('__tsProtoDecodeDepth = previousRecursionDepth;').length - 1;
  let text = source;
  const replace = (what, pattern, by, wanted) => {
    let count = 0;
    text = text.replace(pattern, (...groups) => {
      count++;
      return by(...groups);
    });
    if (wanted !== undefined && count !== wanted) throw new Error(`${what}: ${count} replaced instead of ${wanted}`);
  };
  // One depth and border check on the way in and one on the way out; after an error the reader is of no use, so no finally.
  replace(
    'decoder body',
    /( *)const previousRecursionDepth = [^]*?\n *try \{\n *const end = [^\n]*\n([^]*?) *return message;\n *\} finally \{\n[^\n]*\n *\}\n/g,
    (_, indent, body) =>
      `${indent}const end = reader.enter(length);\n${body.replace(/^ {2}/gm, '')}${indent}reader.leave(end);\n${indent}return message;\n`,
    decoders,
  );
  replace(
    'unknown field',
    /if \(\(tag & 7\) === 4 \|\| tag === 0\) \{\s*break;\s*\}\s*const buf = reader\.skip\(tag & 7\);\s*const list = message\._unknownFields!\[tag\];\s*if \(list === undefined\) \{\s*message\._unknownFields!\[tag\] = \[buf\];\s*\} else \{\s*list\.push\(buf\);\s*\}/g,
    () => `const buf = reader.skip(tag);\n      ((message._unknownFields ??= {})[tag] ??= []).push(buf);`,
    decoders,
  );
  replace('unknown fields at first', /_unknownFields: \{\}/g, () => '_unknownFields: undefined', decoders);
  replace(
    'packed field',
    /const end2 = reader\.uint32\(\) \+ reader\.pos;\n(\s*)while \(reader\.pos < end2\) \{\n([^}]*)\}\n/g,
    (_, indent, body) =>
      `const end2 = reader.packedEnd();\n${indent}while (reader.pos < end2) {\n${body}}\n${indent}reader.expectEnd(end2);\n`,
    source.split('const end2').length - 1,
  );
  replace(
    'map entry',
    /(message\.\w+!)\[(entry\d+\.key)\] = (entry\d+\.value);/g,
    (_, map, key, value) => `setEntry(${map}, ${key}, ${value});`,
    source.split(/const entry\d+ =/).length - 1,
  );
  replace(
    'range check',
    / *if \(BigInt\.asIntN\(64, [^{]*\{\s*throw new globalThis\.Error\([^)]*\);\s*\}\n/g,
    () => '',
    source.split('BigInt.asIntN').length - 1,
  );
  const entries = text.includes('setEntry(') ? `import { setEntry } from "${codec}/entries.js";\n` : '';
  replace(
    'import',
    /import \{ BinaryReader, BinaryWriter \} from "@bufbuild\/protobuf\/wire";\n/g,
    () => `${entries}import { BinaryReader } from "${codec}/reader.js";\nimport { BinaryWriter } from "${codec}/writer.js";\n`,
    decoders > 0 ? 1 : 0,
  );
  return text;
}
