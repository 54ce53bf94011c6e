/**
 * Command line → what it does, as far as its structure says: the programs it runs, and traits, fixed words that
 * rules ask for. It judges the text of a log: variables are not looked up, files are not opened.
 */
import type { CommandTrait } from '@mini-soc/model';
import { expandScript, SHELLS } from './expand.ts';
import { joinJudges, type Findings } from './findings.ts';
import { isInterpreter } from './interpreters.ts';
import { startsWith, type Invocation } from './invocation.ts';
import { managementProgram } from './management-code.ts';
import { CODE_JUDGES, UNUSUAL_SHELL } from './judge-code.ts';
import { DOWNLOAD_JUDGES } from './judge-downloads.ts';
import { judgeEscape } from './judge-escapes.ts';
import { DETOUR_JUDGES, judgeBareRead, judgeTalking } from './judge-detours.ts';
import { FILE_JUDGES } from './judge-file-programs.ts';
import { judgeFiles } from './judge-files.ts';
import { OPTION_JUDGES } from './judge-options.ts';
import { judgeSocketFiles, NETWORK_JUDGES } from './judge-network.ts';
import { SYSTEM_JUDGES } from './judge-system.ts';

export interface CommandFacts {
  /** Names without folders, lower case, each once, in their order. */
  readonly programs: readonly string[];
  /** Each once, in the order in which they were found. */
  readonly traits: readonly CommandTrait[];
}

const MAX_PROGRAMS = 32;
const MAX_NAME = 64;
const BY_PROGRAM = joinJudges([
  CODE_JUDGES,
  DOWNLOAD_JUDGES,
  DETOUR_JUDGES,
  FILE_JUDGES,
  NETWORK_JUDGES,
  OPTION_JUDGES,
  SYSTEM_JUDGES,
]);

/** Never throws; its time grows with the length of the text. */
export function describeCommand(text: string): CommandFacts {
  const management = managementProgram(text);
  if (management !== undefined) return { programs: [management], traits: ['management_code'] };
  const expansion = expandScript(readable(text));
  const runs = expansion.invocations;
  const traits: CommandTrait[] = [];
  const found: Findings = {
    runs: runs,
    add: (trait) => {
      if (traits.indexOf(trait) < 0) traits.push(trait);
    },
    has: (trait) => traits.indexOf(trait) >= 0,
  };
  const programs: string[] = [];
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i] as Invocation;
    const name = run.program.slice(0, MAX_NAME);
    if (name !== '' && programs.length < MAX_PROGRAMS && programs.indexOf(name) < 0)
      programs.push(name);
    judge(run, found);
  }
  if (!expansion.isWhole) found.add('beyond_bounds');
  return { programs: programs, traits: traits };
}

function judge(run: Invocation, found: Findings): void {
  if (run.command.isDisguised) found.add('disguised');
  const own = BY_PROGRAM[run.program];
  if (own !== undefined) own(run, found);
  if (run.command.redirections.length > 0) {
    judgeSocketFiles(run, found);
    judgeBareRead(run, found);
  }
  judgeFiles(run, found);
  judgeTalking(run, found);
  judgeEscape(run, found);
  if (SHELLS[run.program] === true) UNUSUAL_SHELL(run, found);
  judgePool(run, found);
}

/** The address of a pool that miners work for. */
function judgePool(run: Invocation, found: Findings): void {
  for (let i = 0; i < run.args.length; i++) {
    const arg = run.args[i] as string;
    if (arg.indexOf('stratum+') >= 0 || startsWith(arg, '--donate-level')) found.add('miner');
  }
  if (
    isInterpreter(run.program) &&
    run.args.some((arg) =>
      /(?:^|\/)(?:linpeas|linenum|lse|mimipenguin|deepce|linux-exploit-suggester|les|lazagne)\.(?:sh|py)$/i.test(
        arg,
      ),
    )
  )
    found.add('attack_tool');
}

/** sudo writes control characters, and the blanks of a path, as `#` and three octal digits. */
function readable(text: string): string {
  if (text.indexOf('#0') < 0 && text.indexOf('#177') < 0) return text;
  return text.replace(/#(0[0-3][0-7]|040|177)/g, (_whole, digits: string) => {
    const code = parseInt(digits, 8);
    return code === 32 ? '\\ ' : code === 127 ? '' : String.fromCharCode(code);
  });
}
