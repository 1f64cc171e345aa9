// Loaded into a server by bench/stalls.mjs: watches how long its event loop is held in one stretch, and tells when asked.
import { PerformanceObserver, monitorEventLoopDelay, performance } from 'node:perf_hooks';

const SAMPLE_MS = 1;
const histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS });
let longest;
let gcMs;
let peakRss;
let started;

function reset() {
  histogram.reset();
  longest = { wallMs: 0, cpuMs: 0 };
  gcMs = 0;
  peakRss = 0;
  started = process.cpuUsage();
  before = now();
}

function now() {
  const { user, system } = process.threadCpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 };
}

let before = now();
reset();
histogram.enable();
setInterval(() => {
  const at = now();
  // The CPU of the thread alone: what other programs took from it is no doing of the server's.
  longest.wallMs = Math.max(longest.wallMs, at.wallMs - before.wallMs - SAMPLE_MS);
  longest.cpuMs = Math.max(longest.cpuMs, at.cpuMs - before.cpuMs);
  before = at;
}, SAMPLE_MS).unref();
setInterval(() => (peakRss = Math.max(peakRss, process.memoryUsage.rss())), 50).unref();
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) gcMs = Math.max(gcMs, entry.duration);
}).observe({ entryTypes: ['gc'] });

process.on('message', (question) => {
  if (question === 'memory') {
    // What the first collection finds is given back by the second.
    globalThis.gc?.();
    setTimeout(() => {
      globalThis.gc?.();
      // What is packed lies there; the heap of the language moves by more than that by itself.
      process.send({ packedBytes: process.memoryUsage().arrayBuffers });
    }, 1000);
  }
  if (question !== 'stalls') return;
  const { user, system } = process.cpuUsage(started);
  const rss = process.memoryUsage.rss();
  process.send({
    ...longest,
    p99Ms: histogram.percentile(99) / 1e6,
    gcMs,
    rss,
    peakRss: Math.max(rss, peakRss),
    cpuS: (user + system) / 1e6,
  });
  reset();
});
process.channel.unref();
