// A certificate's life at the desk in headless Chromium. Usage: node walk.mjs MODULES PORTAL SCRIPTS FOLDER
//
// MODULES: folder with node_modules; PORTAL: base URL; SCRIPTS: on or off; FOLDER: where pictures go, or - for none.
// With scripts on, every page is also put before the accessibility rules of axe (WCAG 2.2 A and AA), and any violation
// fails. The last line says how many pages were seen.
import path from 'node:path';
import { check, installed, launch } from './browser.mjs';

const [modules, portal, scripts, folder] = process.argv.slice(2);
const axe = installed(modules).resolve('axe-core/axe.min.js');

const on = scripts === 'on';
const seen = new Set();
const findings = [];
const timings = [];
const browser = await launch(modules);

// What every page must be, whoever is looking at it.
async function look(page, name) {
  const html = await page.content();
  check(html.length <= 60 * 1024, `${name}: ${html.length} bytes`);
  if (seen.has(name)) return;
  seen.add(name);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    if (folder !== '-') await page.screenshot({ path: path.join(folder, `${name}-${width}.png`), fullPage: true });
    if (!on) continue;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    if (wide) findings.push(`${name} at ${width}: wider than the window`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  if (!on) return;
  await page.addScriptTag({ path: axe });
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const report = await page.evaluate((tags) => axe.run({ runOnly: { type: 'tag', values: tags } }), tags);
  check(report.passes.length > 5, `${name}: the rules were not applied`);
  for (const violation of report.violations) {
    const where = violation.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ');
    findings.push(`${name}: ${violation.id}: ${violation.help} (${where})`);
  }
}

async function sitting(number) {
  const context = await browser.newContext({ javaScriptEnabled: on, bypassCSP: on, locale: 'zh-CN' });
  const page = await context.newPage();
  page.on('response', (response) => {
    if (response.status() >= 500) findings.push(`${response.status()} ${response.url()}`);
    if (!response.url().startsWith(portal) && !response.url().startsWith('data:')) {
      findings.push(`a request left the site: ${response.url()}`);
    }
  });
  await page.goto(`${portal}/desk`);
  await look(page, 'sign-in');
  await page.click(`form:has(input[value="${number}"]) button`);
  await page.waitForURL(`${portal}/desk`);
  return { context, page };
}

async function sign(page, name) {
  await look(page, `sign-${name}`);
  await page.click('form[action$="/demonstration"] button');
  await look(page, `done-${name}`);
}

const began = Date.now();
let loads = 0;

// Walk 1: one person, from the application to the certificate.
const entry = await sitting('OP-0001');
entry.page.on('framenavigated', () => { loads += 1; });
await look(entry.page, 'workbench-entry');
await entry.page.click('a.button[href="/draft/new"]');
await look(entry.page, 'draft-new');
await entry.page.check('#profile-staff-signing');
await entry.page.click('main form button');
await look(entry.page, 'draft-tasks');
await entry.page.click('.task-list a');
await look(entry.page, 'draft-who');
await entry.page.fill('#name', '<b>陈·思齐</b>');
await entry.page.fill('#id_number', '379902199003070000');
await entry.page.click('main form button');
await look(entry.page, 'draft-who-wrong');
check((await entry.page.textContent('.error-summary')).includes('E1'), 'the flaw has its code');
await entry.page.fill('#name', '买买提·阿不都热合曼');
await entry.page.fill('#id_number', process.env.WALK_ID ?? '379902198806150033');
await entry.page.fill('#employee_number', 'P0099001');
await entry.page.click('main form button');
await look(entry.page, 'draft-unit');
await entry.page.fill('#department', '山东省财政厅');
await entry.page.fill('#division', '国库处');
await entry.page.fill('#city', '济南市');
await entry.page.click('main form button');
await look(entry.page, 'draft-contact');
await entry.page.fill('#mobile', '10012345999');
await entry.page.fill('#basis', '鲁财人〔2026〕19号');
await entry.page.click('main form button');
await look(entry.page, 'draft-request');
await entry.page.click('form[action$="/request/demonstration"] button');
await look(entry.page, 'draft-evidence');
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
await entry.page.fill('#title', '申请表扫描件');
await entry.page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: png });
await entry.page.click('form[enctype] button');
await look(entry.page, 'draft-evidence-there');
await entry.page.click('a.button[href$="/check"]');
await look(entry.page, 'draft-check');
await entry.page.click('form[action$="/submit"] button');
await sign(entry.page, 'submit');
const link = await entry.page.getAttribute('main ul a', 'href');
const number = link.split('/').pop();
await entry.page.click('main ul a');
await look(entry.page, 'case');
await entry.page.click('a[href$="/print"]');
await look(entry.page, 'print');
await entry.page.goBack();
timings.push(`entry: ${loads} page loads, ${Date.now() - began} ms`);

// A list of people: one of each kind of line, and a file that is none.
const people = [
  '姓名,身份证号,单位,处室,城市,人员编号,电子邮件,手机号,依据文号',
  '欧阳·修文,379902199003070018,山东省财政厅,国库处,济南市,P0099002,,10012345678,鲁财人〔2026〕12号',
  '欧阳·修文,379902199003070018,山东省财政厅,国库处,济南市,P0099002,,10012345678,鲁财人〔2026〕12号',
  `某某,${process.env.WALK_ID ?? '379902198806150033'},山东省财政厅,国库处,济南市,P0099001,,10012345999,鲁财人〔2026〕12号`,
  ',379902199003070019,山东省财政厅,国库处,济南市,P0099003,,12,鲁财人〔2026〕12号',
].join('\r\n');
const list = (content) => ({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(content) });
await entry.page.goto(`${portal}/batch`);
await look(entry.page, 'batches');
await entry.page.setInputFiles('#file', list('x'));
await entry.page.click('form[enctype] button');
await look(entry.page, 'batches-unreadable');
check((await entry.page.textContent('.error-summary')).includes('E2'), 'what is unreadable has its code');
await entry.page.selectOption('#profile', 'staff-signing');
await entry.page.setInputFiles('#file', list(people));
await entry.page.click('form[enctype] button');
const batch = entry.page.url();
for (const [view, count] of [['wrong', '1'], ['duplicate', '1'], ['warned', '1'], ['passed', '1']]) {
  await entry.page.goto(`${batch}?show=${view}`);
  await look(entry.page, `batch-${view}`);
  const shown = await entry.page.textContent(`.filters a[href$="show=${view}"] .count`);
  check(shown === count, `${view}: ${shown} lines, not ${count}`);
}
await entry.page.setInputFiles('#file', list('x'));
await entry.page.click('form[action$="/returned"] button');
await look(entry.page, 'batch-unreadable');
await entry.page.click('form[action$="/drafts"] button');
await look(entry.page, 'batch-drafts');
await entry.page.goto(`${portal}/batch`);
await look(entry.page, 'batches-there');

const review = await sitting('OP-0002');
await look(review.page, 'workbench-review');
await review.page.goto(`${portal}/case/${number}/review`);
await look(review.page, 'review');
await review.page.click('button[value="approve"]');
await look(review.page, 'review-unticked');
for (const box of await review.page.$$('input[name="item"]')) await box.check();
// The keyboard alone is enough: the button is reached and pressed.
await review.page.focus('button[value="approve"]');
await review.page.keyboard.press('Enter');
await review.page.waitForURL(/\/desk\/sign\//);
await sign(review.page, 'approve');

const production = await sitting('OP-0003');
await look(production.page, 'workbench-production');
await production.page.click('nav a[href="/make"]');
await look(production.page, 'make');
await production.page.check(`input[value="${number}"]`);
await production.page.click('main form button');
await sign(production.page, 'issue');
await production.page.click('main ul a');
await look(production.page, 'certificate');
const certificate = production.page.url();
await production.page.goto(`${portal}/case/${number}/print`);
await look(production.page, 'print-receipt');

// What can follow on it, before anything is entered: possible, and not.
await entry.page.goto(certificate);
await look(entry.page, 'certificate-entry');
await entry.page.click('a[href$="/succession?by=re-key"]');
await look(entry.page, 'succession');
await entry.page.goto(`${certificate}/succession?by=lost`);
await look(entry.page, 'succession-not-now');
check((await entry.page.textContent('.error-summary')).includes('A431'), 'why it is not possible');
await entry.page.goto(`${certificate}/succession?by=damaged`);
await entry.page.click('main form button');
await look(entry.page, 'draft-succession');

for (const [officer, change, word] of [[entry, 'hold', '冻结'], [review, 'release', '有效'], [review, 'revoke', '吊销']]) {
  await officer.page.goto(`${certificate}/change?to=${change}`);
  await look(officer.page, `change-${change}`);
  if (change === 'revoke') await officer.page.check('#reason-keyCompromise');
  await officer.page.fill('#note', '持证人来电报失');
  await officer.page.click('main form button');
  await sign(officer.page, change);
  await officer.page.goto(certificate);
  check((await officer.page.textContent('h1')).includes(word), `${change}: ${word}`);
}
await review.page.goto(`${portal}/cert`);
await review.page.fill('#text', '买买提·阿不都热合曼');
await review.page.click('main form button');
await look(review.page, 'search');
check((await review.page.textContent('table')).includes('吊销'), 'the search finds it');
for (const spelled of ['maimaitiabudureheman', 'MMTABDRHM']) {
  await review.page.fill('#text', spelled);
  await review.page.click('main form button');
  check((await review.page.textContent('table')).includes('买买提·阿不都热合曼'), `found as ${spelled}`);
}
await review.page.goto(`${portal}/case/${number}/holder`);
check(/\/person\/[0-9a-f]{64}$/.test(review.page.url()), 'a holder is addressed by a token');
await look(review.page, 'holder');
await review.page.click('.intro a');
await review.page.waitForURL(/\/unit\/[0-9a-f]{64}$/);
await look(review.page, 'unit');
await review.page.click('table a[href*="state=revoked"]');
await look(review.page, 'unit-list');
await review.page.goto(`${portal}/case?state=issued`);
await look(review.page, 'cases');
for (const [name, at] of [['home', '/'], ['check', '/check'], ['log', '/log'], ['ca', '/ca'], ['help', '/help'],
  ['accessibility', '/accessibility'], ['missing', '/nothing']]) {
  await review.page.goto(portal + at);
  await look(review.page, name);
}
for (const [name, at] of [['overview', '/dash'], ['overview-city', '/dash?city=370100'], ['overview-list', '/dash/list?of=good'],
  ['overview-units', '/dash/units'], ['overview-overdue', '/dash/overdue'], ['overview-english', '/dash?lang=en']]) {
  await review.page.goto(portal + at);
  await look(review.page, name);
}
check((await review.page.textContent('h1')).includes('Overview'), 'the overview in English');
await review.page.goto(`${portal}/dash?lang=zh`);
check(await review.page.locator('svg.figure').count() === 5, 'five figures');

// Everything of one department is frozen by one act, after a look at what that is.
await entry.page.goto(`${portal}/mass`);
await look(entry.page, 'mass');
await entry.page.fill('#unit', '青岛市财政局');
await entry.page.check('#to-hold');
await entry.page.click('main form button');
await look(entry.page, 'mass-plan');
const planned = await entry.page.locator('main table a[href^="/cert/"]').count();
check(planned > 0, 'what will be frozen is listed');
await entry.page.fill('#note', '单位撤并，全部停用');
await entry.page.click('main form.form button');
await sign(entry.page, 'mass');
check((await entry.page.textContent('.verdict')).includes(String(planned)), 'as many were frozen as were listed');
await entry.page.goto(`${portal}/roster`);
await look(entry.page, 'rosters');
const empty = { name: 'roster.csv', mimeType: 'text/csv', buffer: Buffer.from('姓名\n何骏\n') };
await entry.page.fill('#unit', '青岛市财政局');
await entry.page.setInputFiles('input[type=file]', empty);
await entry.page.click('form[enctype] button');
await look(entry.page, 'roster-refused');

await review.page.goto(`${portal}/desk?lang=en`);
await look(review.page, 'workbench-english');
check((await review.page.textContent('h1')).includes('workbench'), 'English');
const forbidden = await review.page.goto(`${portal}/draft/new`);
check(forbidden.status() === 403, 'a reviewer does not enter cases');

// Walk 2: two administrators confine an officer to one city; an auditor sees it.
const first = await sitting('OP-0005');
for (const [name, at] of [['officers', '/officer'], ['officer-new', '/officer/new'], ['officer', '/officer/OP-0001'],
  ['officer-end', '/officer/OP-0001/end'], ['proposals-none', '/officer/proposal']]) {
  await first.page.goto(portal + at);
  await look(first.page, name);
}
await first.page.goto(`${portal}/officer/OP-0001/change`);
await look(first.page, 'officer-change');
await first.page.check('#city-370100');
await first.page.fill('#note', '鲁经信政〔2026〕5号');
await first.page.click('main form button');
await sign(first.page, 'propose');
const proposal = await first.page.getAttribute('main ul a', 'href');
await first.page.goto(portal + proposal);
await look(first.page, 'proposal-own');
const second = await sitting('OP-0006');
await second.page.goto(`${portal}/officer/proposal`);
await look(second.page, 'proposals');
await second.page.goto(portal + proposal);
await look(second.page, 'proposal');
await second.page.click('form[action$="/confirm"] button');
await sign(second.page, 'confirm');
await second.page.goto(`${portal}/officer/OP-0001`);
check((await second.page.textContent('main')).includes('济南市'), 'the scope is one city');
const auditor = await sitting('OP-0004');
await auditor.page.goto(`${portal}/audit`);
await look(auditor.page, 'audit');
for (const name of ['issued', 'without-second-person', 'one-hand', 'pairs', 'revoked-soon', 'night', 'acts', 'looks',
  'proposals', 'never-issued']) {
  await auditor.page.goto(`${portal}/audit/${name}`);
  await look(auditor.page, `audit-${name}`);
}
await auditor.page.goto(`${portal}/audit/acts?from=nonsense`);
await look(auditor.page, 'audit-wrong');
const closed = await auditor.page.goto(`${portal}/officer/new`);
check(closed.status() === 403, 'an auditor proposes nothing');
await browser.close();
for (const line of [...timings, ...findings]) console.log(line);
console.log(`${seen.size} pages, ${findings.length} findings`);
process.exit(findings.length === 0 ? 0 : 1);
