import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import { underStoreFactory, type UnderStore } from '@alluvium/ufs';
import { SeededRandom } from '@alluvium/testkit';

export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'alluvium-ufs-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A store as a server opens it, with all layers; closed when the test ends. */
export function open(t: TestContext, uri: string, properties: Readonly<Record<string, string>> = {}): UnderStore {
  const factory = underStoreFactory({ clock: nodeClock, random: new SeededRandom(Date.now()), disk: nodeDisk(), log: silentLogger });
  const store = factory.open(uri, new Map(Object.entries(properties)));
  t.after(() => store.close());
  return store;
}
