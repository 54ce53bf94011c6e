/** docs/rules.md: every rule that comes with the product, as its file has it. */
import type { Rule } from '@mini-soc/sigma';
import { format } from 'prettier';

const HEAD = `# Rules

Written by \`npm run docs:write\` from the files in [rules](../rules/README.md), which say more, and have the tests.
The answer is the strongest that a rule allows. Severity may climb: the file says at which count.

| Rule | Fires on | Severity | Answer | Techniques |
| - | - | - | - | - |
`;

const TECHNIQUE = /^attack\.(t\d{4}(?:\.\d{3})?)$/;

export async function renderRuleList(
  rules: readonly Pick<Rule, 'name' | 'file' | 'description' | 'level' | 'response' | 'tags'>[],
): Promise<string> {
  const rows = rules
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, file, description, level, response, tags }) => {
      const techniques = tags.flatMap((tag) => TECHNIQUE.exec(tag)?.[1]?.toUpperCase() ?? []);
      const cells = [
        `[${name}](../rules/${file})`,
        description,
        level,
        response,
        techniques.join(', '),
      ];
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
    });
  return format(`${HEAD}${rows.join('\n')}\n`, { parser: 'markdown', printWidth: 100 });
}
