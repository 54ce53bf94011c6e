/** One deliberate fault for each gate: the file that carries it and what the gate must say of it. */

export interface PlantedFile {
  /** Path in the copy of the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Plant extends PlantedFile {
  /** Name of the rule that must be red for this file; absent: no dependency rule may be. */
  readonly rule?: string;
  /** Files that must be there for the fault to be one. */
  readonly besides?: readonly PlantedFile[];
}

export interface DependencyFacts {
  /** Package → packages it may import. */
  readonly arrows: Readonly<Record<string, readonly string[]>>;
  /** Package of a vendor → expression of the files that may import it. */
  readonly vendors: Readonly<Record<string, string>>;
}

const imports = (specifier: string): string => `import '${specifier}';\n`;

/** A service's file that exists for the plants alone, so that they do not depend on the product. */
const TARGET: PlantedFile = {
  path: 'services/detection/src/planted-target.ts',
  text: 'export const target = 1;\n',
};

/** Violations of the dependency rules, and legal imports that must stay green. */
export function dependencyPlants(facts: DependencyFacts): readonly Plant[] {
  const names = Object.keys(facts.arrows);
  const againstTheArrow = names.flatMap((from) =>
    names
      .filter((to) => to !== from && facts.arrows[from]?.includes(to) !== true)
      .map((to) => ({
        path: `packages/${from}/src/planted-arrow-${to}.ts`,
        text: imports(`@mini-soc/${to}`),
        rule: 'packages-follow-the-arrows',
        besides: [{ path: `packages/${to}/src/index.ts`, text: 'export {};\n' }],
      })),
  );
  const vendors = Object.entries(facts.vendors).map(([vendor, home]) => ({
    path: `${homeless(home)}/planted-vendor-${vendor.replaceAll(/[^a-z]/g, '-')}.ts`,
    text: imports(vendor),
    rule: 'vendors-at-the-edge',
  }));
  return [
    {
      path: 'packages/parsers/src/planted-service.ts',
      text: imports('../../../services/detection/src/planted-target.ts'),
      rule: 'packages-never-import-services',
      besides: [TARGET],
    },
    ...againstTheArrow,
    {
      path: 'packages/model/src/planted-second-dependency.ts',
      text: imports('fastify'),
      rule: 'packages-follow-the-arrows',
    },
    {
      path: 'packages/model/src/planted-node-module.ts',
      text: imports('node:fs'),
      rule: 'packages-follow-the-arrows',
    },
    {
      path: 'packages/planted/src/without-arrows.ts',
      text: imports('@mini-soc/model'),
      rule: 'packages-follow-the-arrows',
    },
    {
      path: 'services/response/src/planted-sibling.ts',
      text: imports('../../detection/src/planted-target.ts'),
      rule: 'services-never-import-services',
      besides: [TARGET],
    },
    {
      path: 'services/soc/src/planted-inside.ts',
      text: imports('../../detection/src/planted-target.ts'),
      rule: 'services-never-import-services',
      besides: [TARGET],
    },
    {
      path: 'services/response/src/planted-back-door.ts',
      text: imports('../../../packages/store/src/store.ts'),
      rule: 'through-the-front-door',
    },
    {
      path: 'packages/query/src/planted-back-door.ts',
      text: imports('../../model/src/event.ts'),
      rule: 'through-the-front-door',
    },
    {
      path: 'scripts/planted-back-door.ts',
      text: imports('../packages/query/src/query.ts'),
      rule: 'through-the-front-door',
    },
    ...vendors,
    {
      path: 'services/detection/src/planted-adapter.ts',
      text: imports('@mini-soc/store/memory'),
      rule: 'adapters-only-from-main',
      besides: [{ path: 'packages/store/src/memory/index.ts', text: 'export {};\n' }],
    },
    {
      path: 'services/detection/src/planted-opening.ts',
      text: imports('@mini-soc/store/open'),
      rule: 'adapters-only-from-main',
      besides: [{ path: 'packages/store/src/open-store.ts', text: 'export {};\n' }],
    },
    {
      path: 'packages/store/src/memory/planted-neighbour.ts',
      text: imports('../duckdb/index.ts'),
      rule: 'engines-know-no-other',
      besides: [{ path: 'packages/store/src/duckdb/index.ts', text: 'export {};\n' }],
    },
    {
      path: 'services/detection/src/planted-process.ts',
      text: imports('node:child_process'),
      rule: 'processes-only-in-adapters',
    },
    {
      path: 'services/response/src/planted-circle.ts',
      text: "import { b } from './planted-circle-back.ts';\nexport const a = (): unknown => b;\n",
      rule: 'no-circular',
      besides: [
        {
          path: 'services/response/src/planted-circle-back.ts',
          text: "import { a } from './planted-circle.ts';\nexport const b = (): unknown => a;\n",
        },
      ],
    },
    {
      path: 'services/log-generator/src/planted-undeclared-workspace.ts',
      text: imports('@mini-soc/store'),
      rule: 'no-undeclared-dependency',
    },
    {
      path: 'services/enricher/src/planted-undeclared-vendor.ts',
      text: imports('picomatch'),
      rule: 'no-undeclared-dependency',
    },
    {
      path: 'services/enricher/src/planted-development-tool.ts',
      text: imports('fast-check'),
      rule: 'no-undeclared-dependency',
    },
    {
      path: 'services/enricher/src/planted-nowhere.ts',
      text: imports('./this-file-does-not-exist.ts'),
      rule: 'no-undeclared-dependency',
    },
    {
      path: 'packages/query/src/utils.ts',
      text: 'export const anything = 1;\n',
      rule: 'no-junk-drawers',
    },
    {
      path: 'services/response/src/helpers/planted.ts',
      text: 'export const anything = 1;\n',
      rule: 'no-junk-drawers',
    },
    {
      path: 'services/response/src/planted-allowed.ts',
      text: `${imports('@mini-soc/model')}${imports('@mini-soc/store')}${imports('node:fs')}`,
    },
    {
      path: 'services/response/src/enforce/planted-allowed.ts',
      text: imports('node:child_process'),
    },
    {
      path: 'packages/sigma/src/planted-allowed.ts',
      text: `${imports('@mini-soc/query')}${imports('yaml')}`,
    },
  ];
}

/** A folder from which the vendor may not be imported. */
function homeless(home: string): string {
  const folders = ['packages/query/src', 'services/detection/src'];
  const found = folders.find((folder) => !new RegExp(home).test(`${folder}/x.ts`));
  if (found === undefined) throw new TypeError(`No folder lies outside "${home}"`);
  return found;
}

/** Faults only the linter sees; `rule` is the code it must name. */
export const LINT_PLANTS: readonly Plant[] = [
  {
    path: 'packages/query/src/planted-console.ts',
    text: "console.log('x');\n",
    rule: 'eslint(no-console)',
  },
  {
    path: 'packages/query/src/planted-any.ts',
    text: 'export const x: any = 1;\n',
    rule: 'typescript(no-explicit-any)',
  },
  {
    path: 'packages/query/src/planted-floating.ts',
    text: 'async function later(): Promise<void> {}\nlater();\n',
    rule: 'typescript(no-floating-promises)',
  },
  {
    path: 'packages/query/src/planted-misused.ts',
    text: "export const wait = async (): Promise<boolean> => true;\nif (wait()) throw new Error('x');\n",
    rule: 'typescript(no-misused-promises)',
  },
  {
    path: 'packages/query/src/planted-await.ts',
    text: 'export const x = await 1;\n',
    rule: 'typescript(await-thenable)',
  },
  {
    path: 'packages/query/src/planted-switch.ts',
    text: "export function f(k: 'a' | 'b'): void {\n  switch (k) {\n    case 'a':\n      break;\n  }\n}\n",
    rule: 'typescript(switch-exhaustiveness-check)',
  },
  {
    path: 'packages/query/src/planted-default.ts',
    text: 'export default 1;\n',
    rule: 'import(no-default-export)',
  },
  {
    path: 'packages/query/src/plantedName.ts',
    text: 'export const x = 1;\n',
    rule: 'unicorn(filename-case)',
  },
  {
    path: 'packages/query/src/planted-process.ts',
    text: 'export const x = process.pid;\n',
    rule: 'eslint(no-restricted-globals)',
  },
  {
    path: 'packages/query/src/planted-process-import.ts',
    text: "import { pid } from 'node:process';\nexport const x = pid;\n",
    rule: 'eslint(no-restricted-imports)',
  },
];

/** Faults only the compiler sees; `rule` is the code of its message. */
export const TYPE_PLANTS: readonly Plant[] = [
  {
    path: 'packages/query/src/planted-index.ts',
    text: 'const list: string[] = [];\nexport const first: string = list[0];\n',
    rule: 'TS2322',
  },
  {
    path: 'packages/query/src/planted-optional.ts',
    text: 'interface A {\n  b?: string;\n}\nexport const a: A = { b: undefined };\n',
    rule: 'TS2375',
  },
  {
    path: 'packages/query/src/planted-enum.ts',
    text: 'export enum E {\n  A,\n}\n',
    rule: 'TS1294',
  },
];

export const FORMAT_PLANT: PlantedFile = {
  path: 'packages/query/src/planted-format.ts',
  text: 'export const x={a:"1"}\n',
};
