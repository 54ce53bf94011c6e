/** The recipes for points, outputs and services, each followed once with something that is not there. */
import { insertAfter, newFile, type PlantedRecipe } from './planted-change.ts';

const POINTS = 'services/response/src/enforce/points.ts';
const POINT = 'services/response/src/enforce/<name>.ts';
const FIREWALLS = 'packages/model/src/settings/response.ts';
const LANES = 'services/detection/src/outbox/lanes.ts';
const SERVICES = 'packages/model/src/services.ts';
const TEST = 'its test';

const LOCAL_POINT = `/** Planted: simulates, and says that it does not. */
import type { LocalPoint } from './point.ts';
import { createSimulateBlocker } from './simulate.ts';

export const PLANTED: LocalPoint = {
  kind: 'local',
  name: 'planted',
  open: async () => ({ ...createSimulateBlocker(), name: 'planted', isSimulated: false }),
};
`;

const REMOTE_POINT = `/** Planted: takes every change. */
import type { RemotePoint } from './point.ts';

export const PLANTED_CLOUD: RemotePoint = {
  kind: 'remote',
  name: 'planted-cloud',
  open: async () => ({ apply: async () => [] }),
};
`;

const LANE = `/** Planted: takes every alert. */
import type { Lane } from '../lane.ts';

export function createPlantedLane(): Lane {
  return {
    name: 'planted',
    wants: () => true,
    send: async () => ({}),
    patienceMs: 1000,
    attempts: { most: 3, counts: 'failures' },
    againWhenClimbing: false,
  };
}
`;

const testOf = (
  file: string,
  name: string,
  claim: string,
): string => `import { expect, it } from 'vitest';
import { ${name} } from './${file}.ts';

it('${name} ${claim}
});
`;

const listedPoint = (name: string, file: string) => [
  insertAfter(
    POINTS,
    /^import type \{ Point \} from .*\n/m,
    `import { ${name} } from './${file}.ts';\n`,
  ),
  insertAfter(POINTS, /^export const POINTS: readonly Point\[\] = \[/m, `${name}, `),
];

export const PART_RECIPES: readonly PlantedRecipe[] = [
  {
    name: 'a local point',
    says: /\*\*A local point \((\d+) files?\)/,
    files: [
      newFile('services/response/src/enforce/planted.ts', POINT, LOCAL_POINT),
      newFile(
        'services/response/src/enforce/planted.test.ts',
        TEST,
        testOf(
          'planted',
          'PLANTED',
          "is a local point', () => {\n  expect(PLANTED.kind).toBe('local');",
        ),
      ),
      ...listedPoint('PLANTED', 'planted'),
      insertAfter(FIREWALLS, /^export const FIREWALLS = \[/m, "'planted', "),
    ],
    without: {
      [POINTS]: ['RESPONSE_FIREWALL opens it'],
      [FIREWALLS]: ['RESPONSE_FIREWALL opens it', 'the description of RESPONSE_FIREWALL names it'],
    },
  },
  {
    name: 'a remote point',
    says: /\*\*A remote point \((\d+) files?, and its settings\)/,
    files: [
      newFile('services/response/src/enforce/planted-cloud.ts', POINT, REMOTE_POINT),
      newFile(
        'services/response/src/enforce/planted-cloud.test.ts',
        TEST,
        testOf(
          'planted-cloud',
          'PLANTED_CLOUD',
          "is a remote point', () => {\n  expect(PLANTED_CLOUD.kind).toBe('remote');",
        ),
      ),
      ...listedPoint('PLANTED_CLOUD', 'planted-cloud'),
    ],
    without: { [POINTS]: ['it follows the ledger'] },
  },
  {
    name: 'an output',
    says: /\*\*An output \(a lane: (\d+) files?\)/,
    files: [
      newFile(
        'services/detection/src/outbox/planted/planted-lane.ts',
        'services/detection/src/outbox/<name>/<name>-lane.ts',
        LANE,
      ),
      newFile(
        'services/detection/src/outbox/planted/planted-lane.test.ts',
        TEST,
        testOf(
          'planted-lane',
          'createPlantedLane',
          "()', () => {\n  expect(createPlantedLane().name).toBe('planted');",
        ),
      ),
      insertAfter(
        LANES,
        /^import type \{ Lane \} from .*\n/m,
        "import { createPlantedLane } from './planted/planted-lane.ts';\n",
      ),
      insertAfter(LANES, /^ {4}createEnrichmentLane\(.*\),\n/m, '    createPlantedLane(),\n'),
    ],
    without: { [LANES]: ['an alert waits for it'] },
  },
  {
    name: 'a service',
    says: /\*\*A service \((\d+) files?\)/,
    files: [
      newFile(
        'services/planted/package.json',
        'services/<name>/package.json',
        '{ "name": "@mini-soc/planted", "type": "module" }\n',
      ),
      newFile(
        'services/planted/src/app.ts',
        'app.ts',
        `import { createHttpApp, createLogger } from '@mini-soc/service-kit';
import { countTo } from './count-to.ts';

export const buildPlanted = () =>
  createHttpApp({
    name: 'planted',
    version: 'test',
    token: '',
    logger: createLogger({ name: 'planted', level: 'silent' }),
    ready: async () => ({ ready: true, parts: { counted: String(countTo(3)) } }),
  });
`,
      ),
      newFile(
        'services/planted/src/main.ts',
        'main.ts',
        `import { usesOf } from '@mini-soc/service-kit';

export const uses = usesOf('planted');
`,
      ),
      newFile(
        'services/planted/src/count-to.ts',
        'one step named after what it does',
        'export const countTo = (n: number): number => n;\n',
      ),
      newFile(
        'services/planted/src/count-to.test.ts',
        TEST,
        testOf('count-to', 'countTo', "()', () => {\n  expect(countTo(3)).toBe(3);"),
      ),
      insertAfter(
        SERVICES,
        /\n(?= {2}\{\n {4}name: 'soc',)/,
        "  { name: 'planted', does: 'counts', port: 8999, portText: 'Port of the planted service', urlText: 'Where it is', endpoints: [], calls: ['response'], store: true, kibana: false, runs: 'stays', stack: false, production: false },\n",
      ),
    ],
    without: {
      [SERVICES]: ['it has settings of its port and address', 'it is started with what it uses'],
    },
  },
];
