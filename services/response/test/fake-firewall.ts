/** Stand-ins for the firewall's programs: they write down what was run and answer as they are told. */
import { CommandError, type RunCommand } from '../src/enforce/run-command.ts';

export interface RecordedCall {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly input: string | undefined;
}

export interface FakeFirewall {
  readonly run: RunCommand;
  readonly calls: RecordedCall[];
  /** What the next calls get: text for standard output, or an error to throw. */
  answer: (call: RecordedCall) => string | CommandError;
}

export function createFakeFirewall(): FakeFirewall {
  const fake: FakeFirewall = {
    calls: [],
    answer: () => '',
    run: async (program, parameters, input) => {
      const call = { program, parameters, input };
      fake.calls.push(call);
      const answer = fake.answer(call);
      if (answer instanceof CommandError) throw answer;
      return answer;
    },
  };
  return fake;
}

export const refused = (program: string) =>
  new CommandError(program, 'failed', 'said "Device or resource busy"');
export const denied = (program: string) =>
  new CommandError(program, 'denied', 'said "Operation not permitted"');
export const missing = (program: string) =>
  new CommandError(program, 'missing', 'is not installed');
export const absent = (program: string) =>
  new CommandError(program, 'failed', 'said "Error: No such file or directory"');
