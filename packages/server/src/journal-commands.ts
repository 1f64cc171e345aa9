// `alluvium journal read|verify|salvage`: a journal looked at, judged and saved without a master.
import { Command, InvalidArgumentError, Option } from 'commander';
import { homeAt } from './home.js';
import type { JournalPlace } from './commands/journal/journal-place.js';
import type { ServerCommandContext } from './server-commands.js';

interface PlaceOptions {
  readonly home?: string;
}

const DIRECTORY = 'the directory of the journal (default: that of the home)';

export function journalCommand(context: ServerCommandContext): Command {
  const group = new Command('journal')
    .summary('look into the journal of a master that is stopped or dead')
    .description('Look into the journal of a master that is stopped or dead. Only `salvage` writes, and to a new directory.');
  for (const command of [read(context), verify(context), salvage(context)]) group.addCommand(command);
  return group;
}

const homeOption = (): Option =>
  new Option('--home <dir>', 'the home that the journal belongs to (default: $ALLUVIUM_HOME or ~/.alluvium)');

async function placeOf(context: ServerCommandContext, given: string | undefined, { home }: PlaceOptions): Promise<JournalPlace> {
  const { journalPlace } = await import('./commands/journal/journal-place.js');
  return journalPlace(given, homeAt(home, process.env), context.definitions);
}

interface ReadFlags extends PlaceOptions {
  readonly json?: boolean;
  readonly from: number;
  readonly to: number;
  readonly file?: string;
  readonly kind: readonly string[];
  readonly checkpoint?: boolean;
  readonly stats?: boolean;
}

function read(context: ServerCommandContext): Command {
  return new Command('read')
    .description('print the operations of the journal, or the entries of a checkpoint or of a backup')
    .argument('[directory]', `${DIRECTORY}; or a backup file, of Alluxio too`)
    .addOption(homeOption())
    .option('--json', 'one JSON object a line: file, offset, sequence, epoch, entries')
    .option('--from <sequence>', 'the first operation', sequenceOf, 0)
    .option('--to <sequence>', 'the last operation', sequenceOf, Number.MAX_SAFE_INTEGER)
    .option('--file <name>', 'only files with this in their name')
    .option('--kind <kind>', 'only operations with an entry of this kind, such as rename; may be given several times', gather, [])
    .option('--checkpoint', 'the newest checkpoint, or the one named by --file, instead of the segments')
    .option('--stats', 'only count entries and bytes, per kind and per operation')
    .addHelpText('after', '\nExample:\n  $ alluvium journal read --kind delete_file --json /var/lib/alluvium/journal | jq .entries')
    .action(async (directory: string | undefined, flags: ReadFlags) => {
      const [{ read: run }, { nodeDisk }, place] = await Promise.all([
        import('./commands/journal/read.js'),
        import('@alluvium/platform'),
        placeOf(context, directory, flags),
      ]);
      const { from, to, file, kind, checkpoint, stats, json } = flags;
      const options = { from, to, file, kinds: kind, checkpoint: checkpoint === true, stats: stats === true, json: json === true };
      await run(nodeDisk(), place, options, context);
    });
}

function verify(context: ServerCommandContext): Command {
  return new Command('verify')
    .description('read every file of the journal and tell what is damaged, and what to do; exit code 1 when something is')
    .argument('[directory]', DIRECTORY)
    .addOption(homeOption())
    .option('--replay', 'also rebuild the namespace in memory and check that it is consistent')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nNothing is changed. Beside a running master the last operations may be missing.\n\nExample:\n  $ alluvium journal verify --replay',
    )
    .action(async (directory: string | undefined, flags: PlaceOptions & { json?: boolean; replay?: boolean }) => {
      const [{ verify: run }, { nodeDisk }, place] = await Promise.all([
        import('./commands/journal/verify.js'),
        import('@alluvium/platform'),
        placeOf(context, directory, flags),
      ]);
      const options = { json: flags.json === true, replay: flags.replay === true };
      context.setExitCode(await run(nodeDisk(), place, options, context));
    });
}

function salvage(context: ServerCommandContext): Command {
  return new Command('salvage')
    .description('write what is whole of a damaged journal to a new directory, from which a master starts')
    .argument('<directory>', 'the directory of the damaged journal; nothing in it is changed')
    .argument('<target>', 'a directory that does not exist yet, or is empty')
    .addOption(homeOption())
    .option('--skip-damaged', 'go on behind the damage: leave out what is lost, and what cannot be done without it')
    .addHelpText(
      'after',
      '\nWithout --skip-damaged the history ends before the first damage.\n\nExample:\n  $ alluvium journal salvage /var/lib/alluvium/journal /var/lib/alluvium/salvaged',
    )
    .action(async (directory: string, target: string, flags: PlaceOptions & { skipDamaged?: boolean }) => {
      const [{ salvage: run }, { nodeDisk }, place] = await Promise.all([
        import('./commands/journal/salvage.js'),
        import('@alluvium/platform'),
        placeOf(context, directory, flags),
      ]);
      await run(nodeDisk(), place, target, { skipDamaged: flags.skipDamaged === true }, context);
    });
}

function sequenceOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a number of an operation wanted');
  return Number(text);
}

function gather(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
