/**
 * The console in a real browser: hostile text is shown as text, nothing is loaded from elsewhere,
 * unblocking works, both themes and both widths. CHROMIUM_PATH names the browser; SCREENSHOT_DIR keeps
 * the pictures.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from './attacker.ts';
import { eventually, newFolder, ONE_ALERT_EACH, startSoc, type SocProcess } from './soc-process.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const HOSTILE = '<img src=x onerror=alert(1)>';
const WITHIN_MS = 30_000;
let browser: Browser;
let soc: SocProcess;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const folder = newFolder();
  const files = {
    auth: path.join(folder, 'auth.log'),
    ufw: path.join(folder, 'ufw.log'),
    web: path.join(folder, 'web-access.log'),
  };
  soc = await startSoc(['--logs', files.auth, files.ufw, files.web], {
    data: path.join(folder, 'data'),
    variables: { SELF_TEST_INTERVAL: '10m', RULE_OVERRIDES: ONE_ALERT_EACH },
  });
  createActor('203.0.113.7', files).failsSsh(12, `invalid user ${HOSTILE}`);
  createActor('203.0.113.8', files).failsSsh(
    6,
    'invalid user \u202eroot "><script>alert(1)</script>',
  );
  createActor('198.51.100.20', files).scansPorts(40);
  createActor('198.51.100.21', files).fuzzesWeb(30);
  createActor('2001:db8:1234::99', files).failsSsh(24);
  await eventually(async () => (await soc.alerts()).length === 5, WITHIN_MS);
  await eventually(
    async () =>
      (await soc.alerts()).every((alert) => alert.response.state !== 'pending' && alert.enriched),
    WITHIN_MS,
  );
}, 120_000);

afterAll(async () => {
  await browser.close();
  await soc.end('SIGINT');
});

interface Visit {
  readonly page: Page;
  readonly faults: string[];
}

async function visit(width: number, scheme: 'light' | 'dark'): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(soc.url('console'))) faults.push(`request to ${request.url()}`);
  });
  await page.goto(soc.url('console'));
  await page.getByText('BruteForceRule').first().waitFor();
  return { page, faults };
}

describe('the console', () => {
  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)(
    'shows everything at %i px in the %s theme, without faults and without scrolling sideways',
    async (width, scheme) => {
      const { page, faults } = await visit(width, scheme);
      await page.getByRole('button', { name: /203\.0\.113\.7 failed to log in/ }).click();
      await page.getByText(HOSTILE).first().waitFor();
      await page.getByText(/^Passed .* ago in/).waitFor();
      await page.getByText('Nothing was cut in the last hour').waitFor();
      const keep = process.env['SCREENSHOT_DIR'];
      if (keep !== undefined) {
        mkdirSync(keep, { recursive: true });
        await page.screenshot({
          path: path.join(keep, `console-${width}-${scheme}.png`),
          fullPage: width < 1000,
        });
      }
      expect(
        await page.evaluate(
          'document.documentElement.scrollWidth <= document.documentElement.clientWidth',
        ),
      ).toBe(true);
      expect(
        await page.evaluate(
          "document.querySelectorAll('#app ul img, #app script, #app iframe').length",
        ),
      ).toBe(0);
      expect(faults).toEqual([]);
      await page.close();
    },
  );

  it('makes invisible characters visible', async () => {
    const { page } = await visit(1280, 'light');
    const text = await page.evaluate('document.body.innerText');
    expect(text).not.toMatch(/\u202e/);
    await page.close();
  });

  it('links only to pages of ATT&CK and the graph', async () => {
    const { page } = await visit(1280, 'light');
    await page.getByRole('button', { name: /203\.0\.113\.7 failed to log in/ }).click();
    await page.getByRole('link', { name: 'T1110.001' }).waitFor();
    const links = (await page.evaluate(
      "Array.from(document.querySelectorAll('a'), (link) => link.href)",
    )) as string[];
    expect(
      links.filter(
        (link) =>
          !link.startsWith('https://attack.mitre.org/techniques/') &&
          link !== `${soc.url('console')}/viz`,
      ),
    ).toEqual([]);
    await page.close();
  });

  it('unblocks after a second question', async () => {
    const { page, faults } = await visit(1280, 'light');
    await page.getByRole('button', { name: 'Unblock 203.0.113.7' }).click();
    await page.getByRole('button', { name: 'Yes, unblock' }).click();
    await page.getByText('203.0.113.7 is no longer blocked').waitFor();
    expect((await soc.blocked()).map((block) => block.source_ip)).not.toContain('203.0.113.7');
    expect(faults).toEqual([]);
    await page.close();
  });

  it('asks for the token when there is one, and shows nothing before', async () => {
    const folder = newFolder();
    const guarded = await startSoc(['--logs', path.join(folder, 'auth.log')], {
      data: path.join(folder, 'data'),
      variables: { API_TOKEN: 'a-token-for-the-test-of-the-page' },
    });
    const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    await page.goto(guarded.url('console'));
    await page.getByLabel('Access token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    const overview = await fetch(`${guarded.url('console')}/api/overview`);
    expect(overview.status).toBe(401);
    await page.getByLabel('Access token').fill('a-token-for-the-test-of-the-page');
    const keep = process.env['SCREENSHOT_DIR'];
    if (keep !== undefined) await page.screenshot({ path: path.join(keep, 'sign-in.png') });
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('events stored').waitFor();
    await page.close();
    await guarded.end('SIGINT');
  });

  it('closes an alert', async () => {
    const { page } = await visit(1280, 'light');
    await page.getByRole('button', { name: /198\.51\.100\.21 asked for/ }).click();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('Alert is closed').waitFor();
    expect((await soc.alerts()).find((alert) => alert.source_ip === '198.51.100.21')?.status).toBe(
      'closed',
    );
    await page.close();
  });
});
