/**
 * The graph at /viz in a real browser: drawn with WebGL, hostile text shown as text, nothing loaded from
 * elsewhere, a list where WebGL is missing, usable with a token at the enricher and in a session of the
 * console. CHROMIUM_PATH names the browser; SCREENSHOT_DIR keeps the pictures.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from './attacker.ts';
import { eventually, newFolder, ONE_ALERT_EACH, startSoc, type SocProcess } from './soc-process.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const RULES = path.resolve(import.meta.dirname, '../rules');
const HOSTILE = '<img src=x onerror=alert(1)>';
const TOKEN = 'a-token-for-the-test-of-the-graph';
const WITHIN_MS = 60_000;
const PLAIN = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
];
const WEBGL = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
let browser: Browser;
let flat: Browser;
let soc: SocProcess;

/** The rules of the product, one of them with a name made of HTML. */
function hostileRules(): string {
  const folder = path.join(newFolder(), 'rules');
  cpSync(RULES, folder, { recursive: true });
  const file = path.join(folder, 'port-scan.yml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll('PortScanRule', `'${HOSTILE}'`));
  return folder;
}

beforeAll(async () => {
  [browser, flat] = await Promise.all([
    chromium.launch({ executablePath: CHROMIUM, args: [...PLAIN, ...WEBGL] }),
    chromium.launch({
      executablePath: CHROMIUM,
      args: [...PLAIN, '--disable-gpu', '--disable-3d-apis', '--disable-webgl'],
    }),
  ]);
  const folder = newFolder();
  const files = {
    auth: path.join(folder, 'auth.log'),
    ufw: path.join(folder, 'ufw.log'),
    web: path.join(folder, 'web-access.log'),
  };
  soc = await startSoc(['--logs', files.auth, files.ufw, files.web], {
    data: path.join(folder, 'data'),
    variables: {
      API_TOKEN: TOKEN,
      RULES_DIR: hostileRules(),
      RULE_OVERRIDES: ONE_ALERT_EACH,
    },
  });
  createActor('203.0.113.7', files).failsSsh(12, `invalid user ${HOSTILE}`);
  createActor('203.0.113.8', files).failsSsh(6, 'invalid user \u202eroot');
  createActor('198.51.100.20', files).scansPorts(40);
  createActor('198.51.100.21', files).fuzzesWeb(30);
  createActor('2001:db8:1234::99', files).failsSsh(24);
  await eventually(async () => {
    const answer = await fetch(`${soc.url('enricher')}/viz/graph`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const graph = (await answer.json()) as { alerts: number; nodes: { kind: string }[] };
    const page = await fetch(`${soc.url('enricher')}/viz`);
    return (
      page.status === 200 &&
      graph.alerts === 5 &&
      graph.nodes.filter((node) => node.kind === 'technique').length >= 3
    );
  }, WITHIN_MS);
}, 180_000);

afterAll(async () => {
  await Promise.all([browser.close(), flat.close()]);
  await soc.end('SIGINT');
});

interface Visit {
  readonly page: Page;
  readonly faults: string[];
}

async function visit(from: Browser, service: 'enricher' | 'console', width = 1280): Promise<Visit> {
  const page = await from.newPage({ viewport: { width, height: 860 } });
  const faults: string[] = [];
  page.on('console', (message) => {
    // Before the token is given the data answer 401, which the browser writes down; drivers of WebGL chat.
    if (message.type() === 'error' && !/401|WebGL|GL Driver/.test(message.text()))
      faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(soc.url(service))) faults.push(`request to ${request.url()}`);
    if (request.url().includes(TOKEN)) faults.push('the token is in an address');
  });
  return { page, faults };
}

async function signedIn(from: Browser, width?: number): Promise<Visit> {
  const visited = await visit(from, 'enricher', width);
  await visited.page.goto(`${soc.url('enricher')}/viz`);
  await visited.page.getByLabel('Access token').fill(TOKEN);
  await visited.page.getByRole('button', { name: 'Show the graph' }).click();
  await visited.page.getByText('5 alerts').waitFor();
  return visited;
}

async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOT_DIR'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

describe('the graph', () => {
  it('draws addresses, alerts and techniques, without faults', async () => {
    const { page, faults } = await signedIn(browser);
    await page.locator('#graph canvas').waitFor();
    await page.waitForTimeout(8000);
    await keep(page, 'graph');
    // A picture of nothing packs to next to nothing.
    const drawn = await page.locator('#graph').screenshot();
    expect(drawn.byteLength).toBeGreaterThan(10_000);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('shows hostile names as text, in list and details', async () => {
    const { page, faults } = await signedIn(browser);
    await page.getByRole('button', { name: 'Show as a list' }).click();
    // The alert of the rule that is called so: another alert has a user of that name in its sentence.
    const rule = page
      .locator('#list')
      .getByRole('button')
      .filter({ hasText: `${HOSTILE}: ` });
    await rule.first().waitFor();
    await rule.first().click();
    await page.locator('#details h2').filter({ hasText: HOSTILE }).waitFor();
    await keep(page, 'graph-list');
    expect(await page.evaluate("document.querySelectorAll('main img, main script').length")).toBe(
      0,
    );
    expect(await page.evaluate('document.body.innerText')).not.toMatch(/\u202e/);
    await page.keyboard.press('Escape');
    await page.locator('#details').waitFor({ state: 'hidden' });
    expect(faults).toEqual([]);
    await page.close();
  });

  it('filters by severity and can be used by keyboard alone', async () => {
    const { page, faults } = await signedIn(browser);
    await page.getByRole('button', { name: 'Show as a list' }).focus();
    await page.keyboard.press('Enter');
    for (const name of ['medium', 'high', 'low']) await page.getByLabel(name).press('Space');
    await page.getByText(/^1 alert\b/).waitFor();
    await page.locator('#list button').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('#details').waitFor();
    await page.getByLabel('critical').press('Space');
    await page.getByText('No alerts in this time').waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  it('gives a list where WebGL is missing, also on a small screen', async () => {
    const { page, faults } = await signedIn(flat, 390);
    await page.getByText('cannot draw in three dimensions').waitFor();
    await page
      .locator('#list')
      .getByRole('button')
      .filter({ hasText: '203.0.113.7' })
      .first()
      .waitFor();
    await keep(page, 'graph-without-webgl');
    expect(
      await page.evaluate(
        'document.documentElement.scrollWidth <= document.documentElement.clientWidth',
      ),
    ).toBe(true);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('is shown by the console to who is signed in there, and to nobody else', async () => {
    expect((await fetch(`${soc.url('console')}/viz/graph`)).status).toBe(401);
    const { page, faults } = await visit(browser, 'console');
    await page.goto(soc.url('console'));
    await page.getByLabel('Access token').fill(TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('events stored').waitFor();
    await page.goto(`${soc.url('console')}/viz`);
    await page.getByText('5 alerts').waitFor();
    await page.locator('#graph canvas').waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });
});
