import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { chromiumPath } from './chromium.ts';

const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const shots = process.env.SCREENSHOTS;

let sandbox: ChildProcess;
let browser: Browser;
let dataDir: string;
let url: string;

before(async () => {
  assert.ok(chromiumPath, 'Chromium was not found: set CHROMIUM to its path');
  dataDir = await mkdtemp(join(tmpdir(), 'patchbay-browser-'));
  await chmod(dataDir, 0o755);
  const env = { ...process.env, SANDBOX_DATA_DIR: dataDir, PORT: '0' };
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../sandbox/index.ts')];
  sandbox = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  url = await announced(sandbox);
  browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [...quiet, '--disable-component-update', '--disable-sync'],
  });
});

after(async () => {
  await browser?.close();
  if (!sandbox) return;
  const ended = new Promise((done) => sandbox.once('exit', done));
  sandbox.kill('SIGTERM');
  await ended;
  await rm(dataDir, { recursive: true, force: true });
});

/** The address that the sandbox prints when it is ready. */
function announced(child: ChildProcess): Promise<string> {
  return new Promise((found, fail) => {
    let text = '';
    child.stdout?.on('data', (piece: Buffer) => {
      text += piece;
      const address = /http:\/\/\S+/.exec(text)?.[0];
      if (address) found(address);
    });
    child.once('exit', (code) => fail(new Error(`the sandbox ended with ${code}: ${text}`)));
  });
}

async function look(page: Page, name: string): Promise<void> {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}

const card = (page: Page, text: string | RegExp): Locator => page.locator('.card').filter({ hasText: text }).last();

for (const theme of ['light', 'dark']) {
  test(`a newcomer connects an org, sees it Connected, breaks it, sees the alert and the recovery (${theme})`, async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.setDefaultTimeout(240_000);
    await page.goto(`${url}?theme=${theme}`);
    const org = page
      .locator('section')
      .filter({ hasText: theme === 'light' ? 'contoso.okta.com' : 'contoso-labs' })
      .last();
    const panelText = (await org.textContent()) ?? '';
    const token = /00[\w-]{40}/.exec(panelText)?.[0] ?? '';
    const domain = theme === 'light' ? 'contoso.okta.com' : 'contoso-labs.oktapreview.com';
    const name = theme === 'light' ? 'Contoso production' : 'Contoso labs';
    await card(page, 'Patchbay is here').getByRole('button', { name: 'Connect a connector' }).click();

    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Connector name').fill(name);
    await dialog.getByLabel('Okta domain').fill('contoso-admin.okta.com');
    await dialog.getByLabel('API token').fill(token);
    assert.equal(await dialog.getByLabel('API token').getAttribute('type'), 'password');
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByText('Did you mean contoso.okta.com?').waitFor();
    await look(page, `${theme}-name`);
    await dialog.getByLabel('Okta domain').fill(domain);
    await dialog.getByLabel('API token').fill(token);
    await dialog.getByRole('button', { name: 'Next' }).click();

    await dialog.getByText('Step 2 of 3').waitFor();
    await look(page, `${theme}-products`);
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByText('Step 3 of 3').waitFor();
    await look(page, `${theme}-details`);
    await dialog.getByRole('button', { name: 'Connect', exact: true }).click();
    await dialog.getByText(`Connecting ${name}`).waitFor();
    await page.keyboard.press('Escape');

    await card(page, `Connecting ${name}`)
      .or(card(page, /Pending|waiting|expected/i))
      .first()
      .waitFor();
    await look(page, `${theme}-progress`);
    await card(page, `${name} is connected`).waitFor();
    await look(page, `${theme}-connected`);
    await card(page, `${name} is connected`).getByRole('button', { name: 'Status' }).click();
    await dialog.getByText('Connected', { exact: false }).first().waitFor();
    await look(page, `${theme}-status`);
    await page.keyboard.press('Escape');

    await org.getByText('API token revoked').click();
    const alert = card(page, new RegExp(`✕ Okta refuses the API token[^]*${name}`));
    await alert.waitFor();
    await alert.scrollIntoViewIfNeeded();
    await look(page, `${theme}-alert`);
    await org.getByText('API token revoked').click();
    const recovered = card(page, new RegExp(`Recovered after[^]*${name}`));
    await recovered.waitFor();
    assert.equal(
      await page.locator('.card').filter({ hasText: '✕ Okta refuses the API token' }).count(),
      0,
      'the same card',
    );
    await recovered.scrollIntoViewIfNeeded();
    await look(page, `${theme}-recovered`);
    assert.deepEqual(faults, [], 'no error on the page');
    await page.close();
  });
}

for (const theme of ['light', 'dark']) {
  test(`on a phone nothing has to be moved sideways, and list, composer, dialog and panel are in reach (${theme})`, async () => {
    const page = await browser.newPage({ viewport: { width: 380, height: 780 } });
    page.setDefaultTimeout(60_000);
    await page.goto(`${url}?theme=${theme}`);
    await page.getByRole('button', { name: 'Back to chats and channels' }).click();
    await fits(page, `${theme}-phone-list`);
    await page.getByRole('navigation', { name: 'Chats and channels' }).getByText('Patchbay', { exact: true }).click();
    await card(page, 'Patchbay is here').waitFor();

    await page.getByRole('textbox', { name: 'Type a message' }).fill('connectors');
    await page.getByRole('button', { name: 'Send' }).click();
    await card(page, 'My connectors').waitFor();
    await fits(page, `${theme}-phone-connectors`);
    for (const [text, shows] of toRead) {
      await page.getByRole('textbox', { name: 'Type a message' }).fill(text);
      await page.getByRole('button', { name: 'Send' }).click();
      await card(page, shows).waitFor();
      await fits(page, `${theme}-phone-${text}`);
    }
    await card(page, 'Patchbay is here').getByRole('button', { name: 'Connect a connector' }).click();
    await page.getByRole('dialog').getByLabel('API token').fill('x');
    await fits(page, `${theme}-phone-dialog`);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Make things happen' }).click();
    await page.getByRole('switch', { name: 'Teams takes no messages (503)' }).click();
    await page.getByRole('switch', { name: 'Teams takes no messages (503)' }).click();
    await fits(page, `${theme}-phone-panel`);
    await page.getByRole('button', { name: 'Close panel' }).click();
    await page.getByRole('textbox', { name: 'Type a message' }).click();
    await page.close();
  });
}

/** What a SOC reads, and what its card says: of the connector there is, or which one, or that there is none. */
const toRead: [text: string, shows: string | RegExp][] = [
  ['gallery', 'Data connectors'],
  ['connect', 'Have ready'],
  ['status', /Alerts go to|Which connector|Nothing is connected/],
  ['verify', /Rows visible|Which connector|Nothing is connected|still counting|Not possible/],
  ['audit', 'What people did here'],
  ['about', 'Patchbay for Microsoft Sentinel'],
];

/** Nothing that is drawn is wider than the page, or has to be scrolled to be seen whole. */
async function fits(page: Page, name: string): Promise<void> {
  await look(page, name);
  const outside = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('body *')]
      .filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        const cut =
          element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX);
        return width > 0 && (left < -1 || right > innerWidth + 1 || cut);
      })
      .map((element) => `${element.tagName} ${element.className}`),
  );
  assert.deepEqual(outside, [], name);
}

test('a slash in the composer opens the dialogs without a message', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  const box = page.getByRole('textbox', { name: 'Start a post' });
  await box.click();
  await page.keyboard.type('/con');
  await page.getByRole('option', { name: 'connect' }).waitFor();
  await look(page, 'slash');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Step 1 of 3').waitFor();
  await look(page, 'slash-connect');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Actions and apps' }).first().click();
  await page.getByRole('option', { name: 'manage' }).click();
  await dialog.getByText(/Which connector|no connector yet/).waitFor();
  await look(page, 'slash-manage');
  assert.deepEqual(faults, [], 'no error on the page');
  await page.close();
});
