// Generates packages/wire/src/gen from packages/wire/proto with buf and ts-proto. Run after a .proto file changed.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const bin = (name) => resolve(root, 'node_modules/.bin', name);
const out = resolve(root, 'packages/wire/src/gen');
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
