import { nodeClock } from '@alluvium/platform';
import { ChaosStore, MemoryStore, SeededRandom } from '@alluvium/testkit';
import { underStoreBehaviour } from './behaviour.js';

underStoreBehaviour({ name: 'memory', forgetful: true, open: async () => new MemoryStore({ clock: nodeClock }) });

underStoreBehaviour({
  name: 'memory, late',
  forgetful: true,
  open: async () =>
    new ChaosStore(new MemoryStore({ clock: nodeClock, chunkBytes: 1 << 20 }), {
      clock: nodeClock,
      random: new SeededRandom(1),
      maxDelayMs: 0.1,
    }),
});
