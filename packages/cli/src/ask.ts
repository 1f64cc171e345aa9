import type { CliContext } from './context.js';

/** Longer answers are none. */
const MAX_ANSWER_BYTES = 1024;

/** Asks the person at the terminal; undefined when there is none, or no answer. */
export async function ask(context: CliContext, question: string): Promise<string | undefined> {
  if (!context.stdin.isTTY || !context.stderr.isTTY) return undefined;
  await context.stderr.write(question);
  let answer = '';
  const decoder = new TextDecoder();
  for await (const chunk of context.stdin) {
    context.signal.throwIfAborted();
    answer += decoder.decode(chunk, { stream: true });
    if (answer.includes('\n') || answer.length > MAX_ANSWER_BYTES) break;
  }
  const line = answer.split(/\r?\n/, 1)[0]!.trim();
  return line === '' ? undefined : line;
}
