/**
 * The recipes of CONTRIBUTING.md for points and services, as files: what somebody who follows them writes,
 * and what must work then.
 */

const POINTS = 'services/response/src/enforce/points.ts';
const NAMES = 'packages/model/src/settings/response.ts';
const LIST = 'packages/model/src/services.ts';

/** A file of a recipe: a new one, or a line in one that is there. */
export interface Ingredient {
  readonly file: string;
  /** How CONTRIBUTING.md calls it. */
  readonly named: string;
  readonly text: string;
  /** The line goes before this text; absent for a new file. */
  readonly before?: string;
}

const point = (name: string, kind: string, open: string): string =>
  `import type { ${kind} } from './point.ts';\n\nexport const PLANTED_${kind.toUpperCase()}: ${kind} = {\n  kind: '${kind === 'LocalPoint' ? 'local' : 'remote'}',\n  name: '${name}' as ${kind}['name'],\n  open: ${open},\n};\n`;
const LOCAL: readonly Ingredient[] = [
  {
    file: 'services/response/src/enforce/planted.ts',
    named: 'services/response/src/enforce/<name>.ts',
    text: `import { createSimulateBlocker } from './simulate.ts';\n${point('planted', 'LocalPoint', "async () => ({ ...createSimulateBlocker(), name: 'planted', isSimulated: false })")}`,
  },
  {
    file: POINTS,
    named: POINTS,
    before: 'export const POINTS',
    text: "import { PLANTED_LOCALPOINT } from './planted.ts';\n",
  },
  { file: POINTS, named: POINTS, before: 'UFW];', text: 'PLANTED_LOCALPOINT, ' },
  { file: NAMES, named: NAMES, before: "'ufw'] as const", text: "'planted', " },
  {
    file: 'services/response/src/enforce/planted.test.ts',
    named: 'its test',
    text: 'export {};\n',
  },
];
const REMOTE: readonly Ingredient[] = [
  {
    file: 'services/response/src/enforce/planted-cloud.ts',
    named: 'services/response/src/enforce/<name>.ts',
    text: point('planted-cloud', 'RemotePoint', 'async () => ({ apply: async () => [] })'),
  },
  {
    file: POINTS,
    named: POINTS,
    before: 'export const POINTS',
    text: "import { PLANTED_REMOTEPOINT } from './planted-cloud.ts';\n",
  },
  { file: POINTS, named: POINTS, before: 'UFW];', text: 'PLANTED_REMOTEPOINT, ' },
  {
    file: 'services/response/src/enforce/planted-cloud.test.ts',
    named: 'its test',
    text: 'export {};\n',
  },
];
const SERVICE: readonly Ingredient[] = [
  {
    file: 'services/planted/package.json',
    named: 'services/<name>/package.json',
    text: '{ "name": "@mini-soc/planted", "type": "module" }\n',
  },
  {
    file: 'services/planted/src/app.ts',
    named: 'app.ts',
    text: "import { createHttpApp, createLogger } from '@mini-soc/service-kit';\nimport { countTo } from './count-to.ts';\n\nexport const buildPlanted = () =>\n  createHttpApp({ name: 'planted', version: 'test', token: '', logger: createLogger({ name: 'planted', level: 'silent' }), ready: async () => ({ ready: true, parts: { counted: String(countTo(3)) } }) });\n",
  },
  {
    file: 'services/planted/src/main.ts',
    named: 'main.ts',
    text: "import { runService, usesOf } from '@mini-soc/service-kit';\n\nexport const uses = usesOf('planted' as 'response');\nexport { runService };\n",
  },
  {
    file: 'services/planted/src/count-to.ts',
    named: 'one step named after what it does',
    text: 'export const countTo = (n: number): number => n;\n',
  },
  {
    file: 'services/planted/src/count-to.test.ts',
    named: 'its test',
    text: 'export {};\n',
  },
  {
    file: LIST,
    named: LIST,
    before: "  {\n    name: 'soc',",
    text: "  { name: 'planted', does: 'counts', port: 8999, portText: 'Port of the planted service', urlText: 'Where it is', endpoints: [], calls: ['response'], store: true, kibana: false, runs: 'stays', stack: false, production: false },\n",
  },
];

/** What a user has of all three, printed as JSON; each fault is the message of what failed. */
export const PROBE = `
import { parseSettings, SETTINGS } from '@mini-soc/model';
import { openFirewall } from '../services/response/src/enforce/open-firewall.ts';
import { openRemotePoints } from '../services/response/src/enforce/open-followers.ts';
import { POINTS } from '../services/response/src/enforce/points.ts';
const tried = async (work) => { try { return await work(); } catch (error) { return 'fault: ' + error.message.slice(0, 120); } };
console.log(JSON.stringify({
  local: await tried(async () => (await openFirewall(parseSettings({ RESPONSE_FIREWALL: 'planted' }).RESPONSE_FIREWALL, async () => '')).name),
  documented: SETTINGS.RESPONSE_FIREWALL.description.includes('planted'),
  remote: (await openRemotePoints(POINTS, { settings: {}, fetch, logger: {} })).map(({ name }) => name),
  port: SETTINGS.PLANTED_PORT?.fallback,
  url: SETTINGS.PLANTED_URL?.fallback,
  uses: await tried(async () => (await import('../services/planted/src/main.ts')).uses),
  health: await tried(async () => {
    const app = await (await import('../services/planted/src/app.ts')).buildPlanted();
    try { return (await app.inject('/health')).json().service; } finally { await app.close(); }
  }),
}));
`;

export interface Recipe {
  /** As CONTRIBUTING.md has it. */
  readonly title: string;
  readonly ingredients: readonly Ingredient[];
}

export const RECIPES: readonly Recipe[] = [
  { title: 'A local point', ingredients: LOCAL },
  { title: 'A remote point', ingredients: REMOTE },
  { title: 'A service', ingredients: SERVICE },
];

/** What the probe finds when all are followed. */
export const FOLLOWED: Readonly<Record<string, unknown>> = {
  local: 'planted',
  documented: true,
  remote: ['planted-cloud'],
  port: '8999',
  url: 'http://127.0.0.1:8999',
  uses: { listens: true, elasticsearch: true, kibana: false, calls: ['RESPONSE_URL'] },
  health: 'planted',
};

/** A file whose lines are left out → what the probe finds otherwise then. */
export const LISTS: Readonly<Record<string, readonly string[]>> = {
  [POINTS]: ['local', 'remote'],
  [NAMES]: ['local', 'documented'],
  [LIST]: ['port', 'url', 'uses'],
};
