// Objects for bench/sync-s3.sh.   usage: fill-bucket.mjs URL BUCKET OBJECTS PER_DIRECTORY new|changed
// new: makes the bucket and in/d00000/f0000000 and so on. changed: one object in a hundred gets other bytes, one in two hundred
// goes, as many new ones come.
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const [endpoint, Bucket, objects, perDirectory, what] = process.argv.slice(2);
const AT_ONCE = 32;
const client = new S3Client({
  endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'alluvium', secretAccessKey: 'alluvium-secret' },
});
const keyOf = (n) => `in/d${String(Math.floor(n / Number(perDirectory))).padStart(5, '0')}/f${String(n).padStart(7, '0')}`;
const put = (Key, Body) => client.send(new PutObjectCommand({ Bucket, Key, Body }));

const work = {
  new: (n) => put(keyOf(n), `object ${n}`),
  changed: (n) => {
    if (n % 200 === 1) return client.send(new DeleteObjectCommand({ Bucket, Key: keyOf(n) }));
    if (n % 200 === 2) return put(`${keyOf(n)}-new`, 'new');
    return n % 100 === 3 ? put(keyOf(n), `object ${n}, changed`) : undefined;
  },
}[what];

if (what === 'new') await client.send(new CreateBucketCommand({ Bucket }));
let next = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < Number(objects)) await work(next++);
  }),
);
