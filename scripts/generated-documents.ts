/** Documents that follow from code alone: .env.example from SETTINGS, docs/fields.md from the model. */
import {
  ALERT_FIELDS,
  BLOCK_FIELDS,
  EVENT_FIELDS,
  SETTINGS,
  type FieldDescription,
} from '@mini-soc/model';
import { format } from 'prettier';

/** Path → text, for every generated document. */
export async function generateDocuments(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['.env.example', renderSettings()],
    ['docs/fields.md', await renderFields()],
  ]);
}

/** One comment line per setting (meaning, unit, default), then the variable. */
export function renderSettings(): string {
  const blocks = Object.entries(SETTINGS).map(([name, setting]) => {
    const fallback = setting.fallback === '' ? 'empty' : setting.fallback;
    return `# ${setting.description}. Default: ${fallback}\n${name}=${setting.fallback}\n`;
  });
  return `# Every setting of mini-SOC (generated: npm run docs:write). In a YAML file the same names are in lower case.\n\n${blocks.join('\n')}`;
}

/** Tables of the fields of each document, in their order. */
export async function renderFields(): Promise<string> {
  const parts = [
    '# Fields',
    'Generated from the definitions in `packages/model/src` by `npm run docs:write`. Each field is defined once; its check, its TypeScript type, its Elasticsearch mapping, its DuckDB column and this page follow from that. A field with an ECS name is found under that name too.',
    '## Events (`soc-logs-*`)',
    table(EVENT_FIELDS),
    '## Alerts (`soc-alerts`)',
    table(ALERT_FIELDS),
    '## Blocks (`soc-blocked-ips`)',
    table(BLOCK_FIELDS),
  ];
  return format(parts.join('\n\n'), { parser: 'markdown', printWidth: 100 });
}

function table(fields: readonly FieldDescription[]): string {
  const rows = fields.map((field) =>
    [
      `\`${field.name}\``,
      field.isOptional ? '' : 'always',
      `${field.mapping}${field.isArray ? ' (list)' : ''}`,
      field.column,
      field.ecs === undefined ? '' : `\`${field.ecs}\``,
      field.description,
    ].map((cell) => cell.replaceAll('|', String.raw`\|`)),
  );
  return [
    ['Field', 'Present', 'Elasticsearch', 'DuckDB', 'ECS name', 'Meaning'],
    ['-', '-', '-', '-', '-', '-'],
    ...rows,
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
