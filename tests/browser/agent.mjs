// Signing with the officer's own key: sign-in and an act through the signing agent, without scripts.
// Usage: node agent.mjs MODULES PORTAL AGENT
import * as browsing from './browser.mjs';

const [modules, portal, agent] = process.argv.slice(2);
const browser = await browsing.launch(modules);
const context = await browser.newContext({ javaScriptEnabled: false, locale: 'zh-CN' });
const page = await context.newPage();

const check = (fact, what) => browsing.check(fact, `${what} at ${page.url()}`);

// On the agent's own page: the sentence, then agreement.
async function agree(words) {
  await page.click(`form[action="${agent}/sign"] button`);
  check(page.url().startsWith(agent), 'the agent has its own page');
  const sentence = await page.textContent('blockquote');
  check(sentence.includes(words), `the sentence says ${words}, not ${sentence}`);
  await page.click('form[action="/confirm"] button');
}

await page.goto(`${portal}/desk`);
await page.fill('#number', 'OP-0001');
await page.click('form[action="/desk/sign-in"] button');
await agree('OP-0001');
check(page.url() === `${portal}/desk`, 'signed in');
check((await page.textContent('.who')).includes('王晓岚'), 'as the officer of the key');

await page.goto(`${portal}/cert`);
await page.selectOption('#state', 'good');
await page.fill('#text', '陈思齐');
await page.click('main form button');
await page.click('tbody th a');
const certificate = page.url();
await page.click('a[href$="change?to=hold"]');
await page.fill('#note', '电话报失');
await page.click('main form button');
await agree('冻结');
check((await page.textContent('main')).includes('已冻结'), 'on hold');
await page.goto(certificate);
check((await page.textContent('h1')).includes('冻结'), 'the certificate is on hold');

// Another officer's key signs nothing of this one.
await page.goto(`${portal}/desk`);
await page.click('form[action="/desk/sign-out"] button');
await page.fill('#number', 'OP-0002');
await page.click('form[action="/desk/sign-in"] button');
await page.click(`form[action="${agent}/sign"] button`);
check((await page.textContent('h1')).includes('没有签名'), 'the agent refuses another officer');
await browser.close();
console.log('agent: done');
