// Finds the generated code of a message by its full protobuf name.
import * as wire from '@alluvium/wire';
import * as hive from '@alluvium/wire/gen/grpc/table/layout/hive/hive.js';
import * as clientCache from '@alluvium/wire/gen/proto/client/cache.js';
import * as jobJournal from '@alluvium/wire/gen/proto/journal/job.js';
import * as tableJournal from '@alluvium/wire/gen/proto/journal/table.js';

export interface MessageCode {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Record<string, unknown>;
}

/** ts-proto renames what would hide a global. */
const plainName = (name: string): string => (name === 'DateMessage' ? 'Date' : name.replaceAll('_', '.'));

/** All messages of the generated code, by full name; map entries too. */
export const MESSAGES: ReadonlyMap<string, MessageCode> = new Map(
  [...Object.values(wire), hive, clientCache, jobJournal, tableJournal].flatMap((file) => {
    if (!('protobufPackage' in file)) return [];
    return Object.entries(file)
      .filter(([, code]) => typeof code === 'object' && code !== null && 'decode' in code)
      .map(([name, code]): [string, MessageCode] => [`${file.protobufPackage}.${plainName(name)}`, code as MessageCode]);
  }),
);
