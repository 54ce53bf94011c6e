/** docs/packages.md: which package may import which, drawn from the rules that CI checks. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';

/** Name → names it may import, or does. */
export type Arrows = Readonly<Record<string, readonly string[]>>;

/** Arrows that do not follow from others: what is reached by a longer way is left out. */
export function reduceArrows(arrows: Arrows): Arrows {
  return Object.fromEntries(
    Object.entries(arrows).map(([name, targets]) => [
      name,
      targets.filter(
        (target) => !targets.some((other) => other !== target && reaches(arrows, other, target)),
      ),
    ]),
  );
}

function reaches(arrows: Arrows, from: string, to: string): boolean {
  return (arrows[from] ?? []).some((next) => next === to || reaches(arrows, next, to));
}

/** A workspace as the document shows it. */
export interface Workspace {
  /** `packages/model` */
  readonly folder: string;
  /** First sentence of its README. */
  readonly duty: string;
  /** Folders of the workspaces it declares. */
  readonly imports: readonly string[];
}

/** Throws Error for a workspace without a README. */
export function readWorkspaces(root: string): readonly Workspace[] {
  const folders = ['packages', 'services'].flatMap((group) =>
    readdirSync(path.join(root, group), { recursive: true, encoding: 'utf8' })
      .filter((file) => /^[\w-]+\/package\.json$/.test(file))
      .map((file) => `${group}/${path.dirname(file)}`)
      .toSorted(),
  );
  const manifests = folders.map(
    (folder) =>
      JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as {
        name: string;
        dependencies?: Record<string, string>;
      },
  );
  return folders.map((folder, index) => {
    const declared = Object.keys(manifests[index]?.dependencies ?? {});
    const text = readFileSync(path.join(root, folder, 'README.md'), 'utf8');
    const paragraph = text.split('\n\n')[1]?.replaceAll('\n', ' ') ?? '';
    const [duty] = /^.*?\.(?= |$)/.exec(paragraph) ?? [];
    if (duty === undefined)
      throw new Error(`Cannot describe "${folder}": expected a first sentence in its README.md`);
    return {
      folder,
      duty: duty.slice(0, -1),
      imports: folders.filter((_other, at) => declared.includes(manifests[at]?.name ?? '')),
    };
  });
}

export async function renderPackages(
  allowed: Arrows,
  workspaces: readonly Workspace[],
): Promise<string> {
  const services = workspaces.filter(({ folder }) => folder.startsWith('services/'));
  const nameOf = (folder: string) => folder.slice(folder.indexOf('/') + 1);
  const ofServices = Object.fromEntries(
    services.map(({ folder, imports }) => [nameOf(folder), imports.map(nameOf)]),
  );
  const reduced = reduceArrows({ ...allowed, ...ofServices });
  const picture = [
    '```mermaid',
    'flowchart BT',
    'subgraph packages',
    ...Object.keys(allowed).map((name) => `${name}[${name}]`),
    'end',
    'subgraph services',
    ...services.map(({ folder }) => `${nameOf(folder)}([${nameOf(folder)}])`),
    'end',
    ...Object.entries(reduced).flatMap(([name, targets]) =>
      targets.map((target) => `${name} --> ${target}`),
    ),
    '```',
  ];
  const rows = workspaces.map(
    ({ folder, duty, imports }) =>
      `| [${folder}](../${folder}/README.md) | ${duty} | ${imports.map(nameOf).join(', ')} |`,
  );
  const parts = [
    '# Packages and services',
    'Drawn from the rules in `.dependency-cruiser.mjs` and the manifests by `npm run docs:write`. An arrow means "imports"; what is reached by a longer way has no arrow of its own. A package may import what the rules allow and nothing else of ours, no package imports a service, and only `services/soc` imports services.',
    picture.join('\n'),
    ['| Folder | What it is for | Imports |', '| - | - | - |', ...rows].join('\n'),
  ];
  return format(parts.join('\n\n'), { parser: 'markdown', printWidth: 100 });
}
