// The .proto files against the descriptors inside Alluxio's jars, and the generated code against the .proto files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { readFixture, REPOSITORY } from './fixture.js';
import { MESSAGES } from './registry.js';

interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName?: string;
  readonly options?: { readonly packed?: boolean };
}
interface EnumType {
  readonly name: string;
  readonly value: readonly { readonly name: string; readonly number?: number }[];
}
interface MessageDescriptor {
  readonly name: string;
  readonly field?: readonly Field[];
  readonly nestedType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumType[];
}
interface Method {
  readonly name: string;
  readonly inputType: string;
  readonly outputType: string;
  readonly clientStreaming?: boolean;
  readonly serverStreaming?: boolean;
}
interface File {
  readonly package: string;
  readonly messageType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumType[];
  readonly service?: readonly { readonly name: string; readonly method: readonly Method[] }[];
}

const enumLines = (scope: string, type: EnumType): string[] =>
  type.value.map((v) => `enum ${scope}.${type.name} ${v.number ?? 0} ${v.name}`);

function messageLines(scope: string, message: MessageDescriptor): string[] {
  const name = `${scope}.${message.name}`;
  const fields = (message.field ?? []).map((f) => {
    const label = f.label.replace('LABEL_', '').toLowerCase();
    const type = f.typeName?.slice(1) ?? f.type.replace('TYPE_', '').toLowerCase();
    return `field ${name} ${f.number} ${f.name} ${label} ${type}${f.options?.packed ? ' packed' : ''}`;
  });
  return [
    `message ${name}`,
    ...fields,
    ...(message.nestedType ?? []).flatMap((m) => messageLines(name, m)),
    ...(message.enumType ?? []).flatMap((e) => enumLines(name, e)),
  ];
}

const stream = (is: boolean | undefined): string => (is ? 'stream ' : '');

function fileLines(file: File): string[] {
  const methods = (file.service ?? []).flatMap((s) =>
    s.method.map(
      (m) =>
        `method /${file.package}.${s.name}/${m.name} ${stream(m.clientStreaming)}${m.inputType.slice(1)} -> ${stream(m.serverStreaming)}${m.outputType.slice(1)}`,
    ),
  );
  return [
    ...(file.messageType ?? []).flatMap((m) => messageLines(file.package, m)),
    ...(file.enumType ?? []).flatMap((e) => enumLines(file.package, e)),
    ...methods,
  ];
}

function protoLines(): string[] {
  const buf = resolve(REPOSITORY, 'node_modules/.bin/buf');
  const json = execFileSync(buf, ['build', '--as-file-descriptor-set', '-o', '-#format=json', 'packages/wire/proto'], { cwd: REPOSITORY });
  return (JSON.parse(json.toString()) as { file: File[] }).file.flatMap(fileLines);
}

test('the .proto files declare what the descriptors in the jars of Alluxio 2.9.4 declare, and one field more', () => {
  const ours = protoLines().filter((line) => !/^\w+ \/?alluvium\./.test(line));
  const theirs = readFixture('schema.json') as string[];
  const missing = (from: readonly string[], lines: readonly string[]): string[] => {
    const there = new Set(from);
    return lines.filter((line) => !there.has(line));
  };
  assert.deepEqual(missing(theirs, ours), ['field alluxio.proto.journal.JournalEntry 1001 alluvium optional alluvium.journal.Extension']);
  assert.deepEqual(missing(ours, theirs), []);
});

test('every message has generated code', () => {
  const names = protoLines()
    .filter((line) => line.startsWith('message '))
    .map((line) => line.slice('message '.length));
  assert.deepEqual(
    names.filter((name) => !MESSAGES.has(name)),
    [],
  );
});

test('the generated code is what the .proto files generate', () => {
  execFileSync(process.execPath, ['scripts/generate-wire.mjs', '--check'], { cwd: REPOSITORY, stdio: 'pipe' });
});
