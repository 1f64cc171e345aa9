// The client against a cluster that runs: any, this product's or Alluxio 2.9.4. interop/client-suite.sh HOST:PORT starts it.
import { connect } from '@alluvium/client';
import { grpcNetwork } from '@alluvium/net';
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { after, before, suite } from 'node:test';
import { nodeClock, nodeRandom } from '@alluvium/platform';
import { aborting } from './suite/aborting.js';
import { attributes } from './suite/attributes.js';
import { cluster } from './suite/cluster.js';
import { errors } from './suite/errors.js';
import { listing } from './suite/listing.js';
import { names } from './suite/names.js';
import { reading } from './suite/reading.js';
import { readme } from './suite/readme.js';
import { streams } from './suite/streams.js';
import type { World } from './suite/world.js';
import { writing } from './suite/writing.js';

const master = process.env['ALLUVIUM_TEST_MASTER'];
const skip = master === undefined ? 'ALLUVIUM_TEST_MASTER names no cluster' : false;

suite('a client and a cluster', { skip, timeout: 110_000 }, () => {
  let world: World;

  before(async () => {
    const network = grpcNetwork({ clock: nodeClock, random: nodeRandom });
    const fs = await connect(master!, { network, clock: nodeClock, random: nodeRandom, user: userInfo().username });
    const root = `/client-suite-${randomBytes(6).toString('hex')}`;
    await fs.createDirectory(root);
    world = { fs, root };
  });

  after(async () => {
    await world.fs.remove(world.root, { recursive: true });
    await world.fs.close();
  });

  const parts = { names, attributes, listing, writing, reading, streams, aborting, errors, cluster };
  suite('the README', () => readme(() => world, master!));
  for (const [title, part] of Object.entries(parts)) suite(title, () => part(() => world));
});
