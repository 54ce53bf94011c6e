/** What a running stack says of itself: starts of its containers, the enrichers' search, Kibana's objects. */
import { z } from 'zod';
import { must, type ComposeStack } from './compose-stack.ts';

/** When each container of a service, or of all, was started last. */
export async function startsOf(
  stack: ComposeStack,
  service?: string,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found = (await stack.containers()).filter((one) =>
    [undefined, one.Service].includes(service),
  );
  const format = '{{.State.StartedAt}}';
  const { output } = await must(
    stack.docker('inspect', '--format', format, ...found.map((one) => one.Name)),
  );
  const times = output.trim().split('\n');
  const starts: Record<string, string[]> = {};
  for (const [at, one] of found.entries()) (starts[one.Service] ??= []).push(times[at] ?? '');
  return Object.fromEntries(Object.entries(starts).map(([name, all]) => [name, all.toSorted()]));
}

const enricherSchema = z.object({
  techniques: z.array(z.string()).min(1),
  vectors: z.string().optional(),
  degraded: z.array(z.string()),
  parts: z.record(z.string(), z.string()),
});

/** How each enricher searches now. Only a search shows it that Chroma is gone. */
export async function askEnrichers(
  stack: ComposeStack,
): Promise<readonly z.infer<typeof enricherSchema>[]> {
  return Promise.all(
    ['1', '2'].map(async (index) => {
      const { output } = await must(
        stack.compose('exec', '-T', '--index', index, 'enricher', 'node', '-e', ASK_ENRICHER),
      );
      return enricherSchema.parse(JSON.parse(output));
    }),
  );
}

const ASK_ENRICHER = `
(async () => {
  const at = 'http://localhost:8003';
  const body = JSON.stringify({ rule_name: 'CronRule', severity: 'high', details: { summary: 'A user added a line to the crontab' } });
  const found = await (await fetch(at + '/enrich', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  const { vectors } = await (await fetch(at + '/health')).json();
  const { degraded = [], parts } = await (await fetch(at + '/ready')).json();
  console.log(JSON.stringify({ techniques: found.mitre_techniques, vectors, degraded, parts }));
})();
`;

/** What the health check of Filebeat says; each asking begins a new span of time for the next. */
export async function askFilebeat(stack: ComposeStack): Promise<string> {
  const check = ['bash', '/usr/share/filebeat/health.sh'];
  return (await stack.compose('exec', '-T', 'filebeat', ...check)).output;
}

const foundSchema = z.object({
  saved_objects: z.array(z.object({ type: z.string(), id: z.string() })),
});
const rulesSchema = z.object({ data: z.array(z.object({ id: z.string(), name: z.string() })) });

/** What the set-up has made in Kibana. */
export async function setUpInKibana(stack: ComposeStack): Promise<readonly string[]> {
  const types = ['dashboard', 'lens', 'visualization', 'index-pattern', 'search'];
  const query = types.map((type) => `type=${type}`).join('&');
  const objects = await fetch(
    `${stack.urls.kibana}/api/saved_objects/_find?${query}&per_page=1000`,
  );
  const rules = await fetch(`${stack.urls.kibana}/api/alerting/rules/_find?per_page=100`);
  const names = [
    ...foundSchema.parse(await objects.json()).saved_objects.map((one) => `${one.type} ${one.id}`),
    ...rulesSchema.parse(await rules.json()).data.map((one) => `rule ${one.id} ${one.name}`),
  ];
  return names.toSorted();
}
