import { underStoreBehaviour } from './behaviour.js';
import { isGateway, s3Place, s3Skip } from './support/s3-subject.js';

underStoreBehaviour({
  name: 'S3',
  skip: s3Skip,
  open: async (t) => (await s3Place(t)).store,
  // The other server cannot route a line break.
  unsupportedNames: isGateway ? /(?!)/ : /\n/,
});
