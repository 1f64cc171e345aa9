// The file system of lossy-disk/ and its power switch.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';

const CAPACITY_BYTES = 2 ** 32;

/** Mounts one at a directory. `program`: built from lossy-disk/. */
export async function lossyDisk(program, mountPoint) {
  mkdirSync(mountPoint, { recursive: true });
  const child = spawn(program, [mountPoint, String(CAPACITY_BYTES)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (command) => {
    if (command !== undefined) child.stdin.write(`${command}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the lossy disk ended');
    return value;
  };
  await answer();
  return {
    /** From now on every call fails. */
    cut: () => answer('cut'),
    /** The power is back. `kept`: a seed that says what is left of what was not synced, or `lost`. */
    async back(kept) {
      const [, names, sectors] = /(\d+) names, (\d+) sectors/.exec(await answer(`back ${kept}`));
      return { names: Number(names), sectors: Number(sectors) };
    },
    failSyncs: () => answer('fail-syncs'),
    capacity: (bytes) => answer(`capacity ${bytes}`),
    end: () => child.stdin.end(),
  };
}
