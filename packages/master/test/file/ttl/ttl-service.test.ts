import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type NormalPath } from '@alluvium/base';
import { TtlService } from '@alluvium/master/file/ttl/ttl-service.js';
import { common } from '@alluvium/wire';
import { Gate, program, replayed, type World } from '../world.js';

const { DELETE, FREE, DELETE_ALLUXIO } = common.TtlAction;
const HOUR_MS = 3_600_000;

async function served(w: World, run: (advance: (ms: number) => Promise<void>) => Promise<void>): Promise<void> {
  const service = new TtlService(w.c, 'root', HOUR_MS);
  service.start();
  await run(async (ms) => {
    await w.clock.advance(ms);
    // What the timer began has to come to its end, commits and calls of the store included.
    for (let i = 0; i < 50; i++) await w.clock.advance(0);
  });
  service.stop();
}

function ttl(ms: number, ttlAction: common.TtlAction): { commonOptions: { ttl: bigint; ttlAction: common.TtlAction } } {
  return { commonOptions: { ttl: BigInt(ms), ttlAction } };
}

test(
  'DELETE removes a file when its time is over, from the store too, and not a moment before',
  program(async (w) => {
    await w.writeThrough('/d/f', 'abc');
    await w.set('/d/f', ttl(1000, DELETE));
    await served(w, async (advance) => {
      await advance(999);
      assert.ok(w.inode('/d/f'));
      await advance(1);
      assert.equal(w.inode('/d/f'), undefined);
      assert.ok(w.inode('/d'));
      assert.deepEqual(w.store.paths(), ['d']);
    });
  }),
);

test(
  'DELETE_ALLUXIO leaves the store alone',
  program(async (w) => {
    await w.writeThrough('/f', 'abc');
    await w.set('/f', ttl(1000, DELETE_ALLUXIO));
    await served(w, (advance) => advance(1000));
    assert.equal(w.inode('/f'), undefined);
    assert.deepEqual(w.store.paths(), ['f']);
  }),
);

test(
  'FREE drops the copies once, of pinned files too, and the time to live with them',
  program(async (w) => {
    await w.writeThrough('/f', 'abc');
    await w.set('/f', { pinned: true, ...ttl(1000, FREE) });
    await served(w, (advance) => advance(1000));
    const info = await w.status('/f');
    assert.deepEqual([info.ttl, info.ttlAction, info.pinned], [-1n, DELETE, false]);
    assert.deepEqual(w.freed, info.blockIds);
    assert.equal(w.c.tree.timesToLive.size, 0);
  }),
);

test(
  'a directory takes what is below it along',
  program(async (w) => {
    await w.writeThrough('/d/e/f', 'abc');
    await w.create('/d/e/g', ttl(10 * HOUR_MS, DELETE));
    await w.set('/d', ttl(1000, DELETE));
    await served(w, (advance) => advance(1000));
    assert.equal(w.tree.size, 1);
    assert.deepEqual(w.store.paths(), []);
    assert.equal(w.c.tree.timesToLive.size, 0);
  }),
);

test(
  'the time counts from the creation, and a changed or cleared one counts anew',
  program(async (w) => {
    await w.create('/old');
    await w.create('/later', ttl(1000, DELETE));
    await w.create('/never', ttl(1000, DELETE));
    await served(w, async (advance) => {
      await advance(900);
      await w.set('/old', ttl(500, DELETE));
      await w.set('/later', ttl(5000, DELETE));
      await w.set('/never', ttl(-1, DELETE));
      await advance(200);
      assert.equal(w.inode('/old'), undefined, 'it was over when it was set');
      assert.ok(w.inode('/later'));
      await advance(4000);
      assert.equal(w.inode('/later'), undefined);
      await advance(HOUR_MS);
      assert.ok(w.inode('/never'));
    });
  }),
);

test(
  'a failing action is tried five times, then once in an interval, until it succeeds',
  program(async (w) => {
    await w.writeThrough('/f', 'abc');
    await w.set('/f', ttl(1000, DELETE));
    let tries = 0;
    w.store.before = (call) => {
      if (!call.startsWith('removeFile')) return;
      tries++;
      throw fail('permissionDenied', 'not now');
    };
    await served(w, async (advance) => {
      await advance(1000);
      assert.equal(tries, 1);
      for (const ms of [1000, 2000, 4000, 8000]) await advance(ms);
      assert.equal(tries, 5);
      await advance(HOUR_MS - 1);
      assert.equal(tries, 5);
      await advance(1);
      assert.equal(tries, 6);
      w.store.before = () => {};
      await advance(HOUR_MS);
    });
    assert.equal(w.inode('/f'), undefined);
  }),
);

test(
  'a file that waits to be persisted is not freed, and is when it is persisted',
  program(async (w) => {
    await w.write('/f', 3, ttl(1000, FREE));
    await served(w, async (advance) => {
      await advance(1000);
      assert.equal((await w.status('/f')).ttl, 1000n);
      w.store.file('f', 'abc');
      await w.set('/f', { persisted: true });
      await advance(1000);
      assert.equal((await w.status('/f')).ttl, -1n);
    });
  }),
);

test(
  'while another holds the path nothing is done, and what has the name afterwards is left alone',
  program(async (w) => {
    await w.create('/f', ttl(1000, DELETE));
    const gate = new Gate();
    const held = w.c.locks.hold([{ path: '/f' as NormalPath, mode: 'WRITE_EDGE' }], () => gate.passed);
    await served(w, async (advance) => {
      await advance(1500);
      assert.ok(w.inode('/f'));
      gate.open();
      await held;
      await w.mv('/f', '/g');
      await w.create('/f');
      await advance(1000);
      assert.equal(w.inode('/g'), undefined, 'the one whose time is over, by its new name');
      assert.ok(w.inode('/f'));
    });
  }),
);

test(
  'while the journal refuses nothing is lost and nothing is tried',
  program(async (w) => {
    await w.writeThrough('/f', 'abc');
    await w.set('/f', ttl(1000, DELETE));
    await served(w, async (advance) => {
      w.journal.refusal = fail('unavailable', 'disk full');
      await advance(5000);
      assert.deepEqual(w.store.paths(), ['f']);
      w.journal.refusal = undefined;
      await advance(1000);
    });
    assert.equal(w.inode('/f'), undefined);
  }),
);

test(
  'a master that starts again acts on what came due meanwhile',
  program(async (w) => {
    await w.create('/f', ttl(1000, DELETE));
    await w.create('/d/g', { recursive: true, ...ttl(2000, DELETE) });
    const again = replayed(w);
    await again.clock.advance(w.clock.nowMs() - again.clock.nowMs() + 1500);
    await served(again, (advance) => advance(0));
    assert.equal(again.inode('/f'), undefined);
    assert.ok(again.inode('/d/g'));
  }),
);

test(
  'many come due at once: all are done, in several turns',
  program(async (w) => {
    for (let i = 0; i < 200; i++) await w.create(`/f${i}`, ttl(1000, DELETE));
    await served(w, (advance) => advance(1000));
    assert.equal(w.tree.size, 1);
  }),
);
