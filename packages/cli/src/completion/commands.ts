// Declarations: `completion SHELL` prints a script for the shell, which asks `complete` at every Tab.
import type { Command } from 'commander';
import type { CommandSpec } from '../command-spec.js';

export const completionCommand: CommandSpec = {
  name: 'completion',
  summary: 'print a script that completes commands, options and paths in a shell',
  description:
    'Print a script that completes commands, options and paths of the cluster in a shell.\n\n' +
    'bash: add  source <(alluvium completion bash)  to ~/.bashrc\n' +
    'zsh:  alluvium completion zsh > "${fpath[1]}/_alluvium"\n' +
    'fish: alluvium completion fish > ~/.config/fish/completions/alluvium.fish',
  args: [{ name: '<shell>', doc: 'bash, zsh or fish' }],
  example: 'source <(alluvium completion bash)',
  load: async () => (await import('./script.js')).completion,
};

export function completeCommand(program: Command): CommandSpec {
  return {
    name: 'complete',
    summary: 'print what the last word may become, one a line',
    args: [{ name: '[words...]', doc: 'the words after alluvium, up to the cursor' }],
    example: 'alluvium complete -- fs l',
    load: async () => {
      const { complete } = await import('./complete.js');
      return (session, args: readonly [readonly string[]]) => complete(session, program, args);
    },
  };
}
