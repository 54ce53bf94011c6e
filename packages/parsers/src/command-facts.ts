/** What the command of an event does, told by its structure. Commands of Windows are another language. */
import { describeCommand } from '@mini-soc/shell';
import type { Draft } from './draft.ts';

export function describeCommandOf(draft: Draft): void {
  if (draft.command === undefined || draft.log_type === 'windows') return;
  const { programs, traits } = describeCommand(draft.command);
  if (programs.length > 0) draft.command_programs = programs.slice();
  if (traits.length > 0) draft.command_traits = traits.slice();
}
