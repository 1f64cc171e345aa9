// A file system of one megabyte that is really full. Only root can make one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { localDirectoryStorage, openJournal, type Journal } from '@alluvium/journal';
import { nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import { Ledger, operation, sorted, stateAfter } from './support/ledger.js';

const OPTIONS = { segmentBytes: 16_000, reserveBytes: 64_000, bufferBytes: 64_000, retryMs: 20 };

function mountSmall(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'alluvium-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], { stdio: 'ignore' });
    return directory;
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
}

const directory = mountSmall();

test(
  'a full disk, a real one: no acknowledged operation is lost, no crash loop, and it comes back by itself',
  { skip: directory === undefined && 'no file system can be mounted here' },
  async (t) => {
    t.after(() => {
      execFileSync('umount', ['-l', directory!]);
      rmSync(directory!, { recursive: true });
    });
    const filler = join(directory!, 'filler');
    const tags: number[] = [];
    let state = new Ledger();
    const open = (): Promise<Journal> => {
      state = new Ledger();
      const storage = localDirectoryStorage(nodeDisk(), join(directory!, 'journal'), 4096);
      return openJournal({ storage, clock: nodeClock, log: silentLogger, state, options: OPTIONS });
    };
    const commit = async (journal: Journal): Promise<void> => {
      const entries = operation(tags.length + 1);
      journal.append(entries);
      for (const entry of entries) state.apply(entry);
      tags.push(tags.length + 1);
      await journal.flushed();
    };
    let journal = await open();
    await commit(journal);
    for (let round = 0; round < 3; round++) {
      const { bavail, bsize } = statfsSync(directory!);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
      assert.equal(statfsSync(directory!).bavail, 0);
      while (journal.refusal === undefined) await commit(journal);
      assert.throws(() => journal.append(operation(1)), { kind: 'resourceExhausted', message: /free some space/ });
      assert.equal((await journal.status()).state, 'READ_ONLY');
      // As often as somebody starts it again.
      for (let starts = 0; starts < 3; starts++) {
        await journal.close();
        journal = await open();
        assert.deepEqual(sorted(state.lengths), sorted(stateAfter(tags)));
        assert.equal((await journal.status()).state, 'READ_ONLY');
      }
      rmSync(filler);
      while (journal.refusal !== undefined) await delay(OPTIONS.retryMs);
      await commit(journal);
      await journal.checkpoint();
    }
    await journal.close();
    await (await open()).close();
    assert.deepEqual(sorted(state.lengths), sorted(stateAfter(tags)));
  },
);
