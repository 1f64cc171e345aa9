// A proxy on loopback that passes requests on as they are and writes a line for each: "METHOD PATH STATUS".
// usage: counting-proxy.mjs TARGET_URL LOG_FILE [BYTES_FILE]       prints its own URL
// BYTES_FILE gets a line for each piece of an answer that has passed: its bytes.
// The Host header stays, so that signatures stay good.
import { appendFileSync } from 'node:fs';
import { createServer, request } from 'node:http';

const target = new URL(process.argv[2]);
const server = createServer((incoming, outgoing) => {
  const { method, url, rawHeaders } = incoming;
  const log = (status) => appendFileSync(process.argv[3], `${method} ${url} ${status}\n`);
  const onward = request({ host: target.hostname, port: target.port, method, path: url, headers: rawHeaders }, (answer) => {
    log(answer.statusCode);
    outgoing.writeHead(answer.statusCode, answer.rawHeaders);
    if (process.argv[4] !== undefined) answer.on('data', (piece) => appendFileSync(process.argv[4], `${piece.length}\n`));
    answer.pipe(outgoing);
  });
  onward.on('error', (error) => {
    log(error.code);
    outgoing.destroy();
  });
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
