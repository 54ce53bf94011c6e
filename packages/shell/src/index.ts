export { describeCommand } from './describe-command.ts';
export type { CommandFacts } from './describe-command.ts';
export { readScript } from './read-script.ts';
export type { Redirection, Script, SimpleCommand, Word } from './script.ts';
