/** The workflows, read strictly: nobody runs that of releases before the first tag. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const permissions = z.partialRecord(
  z.enum(['contents', 'packages', 'id-token', 'attestations']),
  z.enum(['read', 'write']),
);
const step = z.strictObject({
  name: z.string().optional(),
  if: z.string().optional(),
  id: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  shell: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.boolean()])).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const job = z.strictObject({
  name: z.string(),
  needs: z.string().optional(),
  'runs-on': z.literal('ubuntu-24.04'),
  'timeout-minutes': z.number(),
  permissions,
  strategy: z
    .strictObject({
      matrix: z.strictObject({
        include: z.array(
          z.strictObject({
            image: z.string(),
            service: z.string(),
            args: z.string().optional(),
          }),
        ),
      }),
    })
    .optional(),
  steps: z.array(step),
});
const release = z
  .strictObject({
    name: z.string(),
    on: z.strictObject({ push: z.strictObject({ tags: z.array(z.string()) }) }),
    permissions,
    concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.literal(false) }),
    jobs: z.strictObject({ check: job, images: job, release: job }),
  })
  .parse(parse(read('.github/workflows/release.yml')));
const { check, images } = release.jobs;
const matrix = images.strategy?.matrix.include ?? [];

/** What the Compose files build: image, service and further arguments. */
function composeBuilds(): readonly { image: string; service: string; args: string }[] {
  const schema = z.object({
    services: z.record(
      z.string(),
      z.looseObject({
        image: z.string().optional(),
        build: z.looseObject({ args: z.record(z.string(), z.string()).optional() }).optional(),
      }),
    ),
  });
  const files = ['docker-compose.yml', 'docker-compose.prod.yml'].filter((file) =>
    existsSync(path.join(ROOT, file)),
  );
  const tags = ['reset', 'override'].map((name) => ({
    tag: `!${name}`,
    resolve: (value: unknown) => value,
  }));
  const sequences = tags.map((tag) => ({ ...tag, collection: 'seq' as const }));
  const maps = tags.map((tag) => ({ ...tag, collection: 'map' as const }));
  const base = new Map<string, string>();
  return files.flatMap((file) => {
    const document: unknown = parse(read(file), {
      merge: true,
      customTags: [...sequences, ...maps],
    });
    return Object.entries(schema.parse(document).services).flatMap(([name, { image, build }]) => {
      if (build === undefined || image === undefined) return [];
      const { SERVICE = base.get(name) ?? '', ...others } = build.args ?? {};
      base.set(name, SERVICE);
      return [
        {
          image: /\/([\w-]+):/.exec(image)?.[1] ?? '',
          service: SERVICE,
          args: Object.entries(others)
            .map(([key, value]) => `${key}=${value}`)
            .join('\n'),
        },
      ];
    });
  });
}

describe('every workflow', () => {
  const workflow = z.object({ jobs: z.record(z.string(), z.object({ steps: z.array(step) })) });
  const workflows = readdirSync(path.join(ROOT, '.github/workflows')).map((file) => ({
    file,
    steps: Object.values(workflow.parse(parse(read(`.github/workflows/${file}`))).jobs).flatMap(
      (one) => one.steps,
    ),
  }));

  it.each(workflows)('$file names actions by their commits, and keeps no credentials', (one) => {
    const actions = one.steps.filter(({ uses }) => uses !== undefined);
    expect(actions.length).toBeGreaterThan(0);
    for (const { uses = '', with: inputs } of actions) {
      expect(uses).toMatch(/^[a-z-]+\/[a-z-]+@[0-9a-f]{40}$/);
      if (uses.startsWith('actions/checkout'))
        expect(inputs).toMatchObject({ 'persist-credentials': false });
    }
  });

  it.each(workflows)('$file puts no expression into a shell line', ({ steps }) => {
    expect(steps.map(({ run = '' }) => run).join('\n')).not.toContain('${{');
  });
});

describe('release.yml', () => {
  it('runs on version tags, after the tests', () => {
    expect(release.on.push.tags).toEqual(['v*']);
    expect(images.needs).toBe('check');
    expect(release.jobs.release.needs).toBe('images');
    const commands = check.steps.map((one) => one.run ?? '');
    expect(commands).toContain('npm run check');
    expect(commands.join('\n')).toContain('release:notes');
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    expect(scripts['release:notes']).toContain('scripts/release-notes.ts');
  });

  it('gives each job the rights it needs and no other', () => {
    expect(release.permissions).toEqual({});
    expect(check.permissions).toEqual({ contents: 'read' });
    expect(images.permissions).toEqual({
      contents: 'read',
      packages: 'write',
      'id-token': 'write',
      attestations: 'write',
    });
    expect(release.jobs.release.permissions).toEqual({ contents: 'write' });
  });

  it('builds for both architectures, with SBOM and provenance', () => {
    const build = images.steps.find((one) => one.uses?.startsWith('docker/build-push-action'));
    expect(build?.with).toMatchObject({
      platforms: 'linux/amd64,linux/arm64',
      sbom: true,
      provenance: 'mode=max',
      push: true,
    });
    expect(existsSync(path.join(ROOT, String(build?.with?.['file'])))).toBe(true);
    expect(build?.with).not.toHaveProperty('cache-from');
    expect(images.steps.some((one) => one.uses?.startsWith('actions/attest'))).toBe(true);
  });

  it('builds every service; the embedded mode runs from a checkout', () => {
    const services = readdirSync(path.join(ROOT, 'services')).filter(
      (name) => existsSync(path.join(ROOT, 'services', name, 'src/main.ts')) && name !== 'soc',
    );
    expect([...new Set(matrix.map((one) => one.service))].toSorted()).toEqual(services.toSorted());
  });

  it('builds every image of the Compose files, with the same arguments', () => {
    const wanted = composeBuilds();
    expect(wanted.length).toBeGreaterThan(5);
    const published = matrix.map(({ image, service, args = '' }) => ({
      image,
      service,
      args: args.trim(),
    }));
    for (const one of wanted) expect(published).toContainEqual(one);
  });
});
