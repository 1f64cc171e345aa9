import { nodeClock } from '@alluvium/platform';
import { SeededRandom, SimClock, SimStore, SimTrace, type StoreKind } from '@alluvium/testkit';
import { underStoreBehaviour } from './behaviour.js';

for (const kind of ['files', 'objects'] as const satisfies readonly StoreKind[]) {
  underStoreBehaviour({
    name: `simulated, ${kind}`,
    forgetful: true,
    open: async () => {
      const store = new SimStore({
        uri: `sim://${kind}`,
        kind,
        clock: nodeClock,
        random: new SeededRandom(1),
        trace: new SimTrace(new SimClock()),
      });
      store.maxLatencyMs = 0;
      return store.handle('test', () => true);
    },
  });
}
