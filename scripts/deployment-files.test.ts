/** What DEPLOYMENT.md and deploy/ give to programs that are not here, read strictly. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

describe('deploy/logstash', () => {
  /** Without comments and the contents of strings. */
  const bare = (text: string): string =>
    text.replaceAll(/^\s*#.*$/gm, '').replaceAll(/"[^"\n]*"/g, '""');
  /** The settings of each block of this name. */
  const blocks = (text: string, name: string): readonly string[] =>
    [...text.matchAll(new RegExp(`^( *)${name} \\{\n([\\s\\S]*?)\n\\1\\}`, 'gm'))].map(
      (match) => match[2] ?? '',
    );
  const files = ['pipeline.conf', 'dead-letters.conf'] as const;

  it.each(files)('%s closes what it opens', (file) => {
    let depth = 0;
    for (const mark of bare(read(`deploy/logstash/${file}`)).replaceAll(/[^{}]/g, '')) {
      depth += mark === '{' ? 1 : -1;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
  });

  it.each(files)('%s creates, over TLS, and leaves templates to us', (file) => {
    const outputs = blocks(read(`deploy/logstash/${file}`), 'elasticsearch');
    expect(outputs).toHaveLength(file === 'pipeline.conf' ? 2 : 1);
    for (const output of outputs) {
      for (const setting of [
        'action => "create"',
        'ssl_enabled => true',
        'ssl_certificate_authorities => ["${ELASTICSEARCH_CA_FILE}"]',
        'password => "${ELASTICSEARCH_PASSWORD}"',
        'data_stream => false',
        'manage_template => false',
        'ilm_enabled => false',
      ])
        expect(output).toContain(setting);
    }
  });

  it("events keep Filebeat's id and go to the index Filebeat would write", () => {
    const filebeat = z
      .looseObject({ 'output.elasticsearch': z.looseObject({ index: z.string() }) })
      .parse(parse(read('filebeat/filebeat.prod.yml'), { merge: true }));
    const events = blocks(read('deploy/logstash/pipeline.conf'), 'elasticsearch')[1];
    expect(events).toContain(`index => "${filebeat['output.elasticsearch'].index}"`);
    expect(events).toContain('document_id => "%{[@metadata][_id]}"');
  });

  it('only hosts with a certificate may send', () => {
    const [beats = ''] = blocks(read('deploy/logstash/pipeline.conf'), 'beats');
    expect(beats).toContain('ssl_enabled => true');
    expect(beats).toContain('ssl_client_authentication => "required"');
  });

  it('pipelines.yml joins both, adds nothing to documents, keeps what is refused', () => {
    const pipelines = z
      .array(z.record(z.string(), z.union([z.string(), z.boolean()])))
      .parse(parse(read('deploy/logstash/pipelines.yml')));
    expect(pipelines.map((one) => path.basename(String(one['path.config'])))).toEqual(files);
    for (const one of pipelines) expect(one['pipeline.ecs_compatibility']).toBe('disabled');
    expect(pipelines[0]?.['dead_letter_queue.enable']).toBe(true);
    const [queue = ''] = blocks(read('deploy/logstash/dead-letters.conf'), 'dead_letter_queue');
    expect(queue).toContain(`pipeline_id => "${String(pipelines[0]?.['pipeline.id'])}"`);
  });
});

describe('DEPLOYMENT.md', () => {
  const fragments = [...read('DEPLOYMENT.md').matchAll(/^( *)```yaml\n([\s\S]*?)^ *```/gm)].map(
    ([, indent = '', text = '']): unknown =>
      parse(text.replaceAll(new RegExp(`^${indent}`, 'gm'), '')),
  );

  it('inputs for clouds run our parsers on what is no file', () => {
    const input = z.object({
      type: z.string(),
      id: z.string(),
      processors: z.array(z.record(z.string(), z.looseObject({}))),
    });
    const inputs = fragments.flatMap((one) => (Array.isArray(one) ? input.array().parse(one) : []));
    expect(inputs.map((one) => one.type)).toEqual(['aws-cloudwatch', 'gcp-pubsub']);
    for (const { processors } of inputs) {
      // The script would take the fields of `log` for the place in a file.
      const dropped = processors.findIndex((one) =>
        JSON.stringify(one['drop_fields'] ?? '').includes('"log"'),
      );
      const script = processors.findIndex((one) => one['script'] !== undefined);
      expect(dropped).toBeGreaterThanOrEqual(0);
      expect(script).toBe(processors.length - 1);
      expect(processors[script]?.['script']).toMatchObject({
        lang: 'javascript',
        file: 'mini-soc.js',
      });
    }
  });
});

describe('deploy/systemd/mini-soc.env.example', () => {
  it('has settings of the product only, and no secret', () => {
    const known = read('.env.example');
    const lines = read('deploy/systemd/mini-soc.env.example').match(/^[A-Z_]+=.*$/gm) ?? [];
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      expect(known).toContain(`\n${line.split('=')[0] ?? ''}=`);
      expect(line).toMatch(/=$/);
    }
  });
});
