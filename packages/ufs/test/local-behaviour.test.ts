import { underStoreBehaviour } from './behaviour.js';
import { open, temporaryDirectory } from './support/subjects.js';

underStoreBehaviour({ name: 'local', open: async (t) => open(t, await temporaryDirectory(t)) });

underStoreBehaviour({ name: 'local, by file URI', open: async (t) => open(t, `file://${await temporaryDirectory(t)}/`) });
