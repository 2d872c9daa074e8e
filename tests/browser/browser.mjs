// The browser of these walks: headless Chromium that speaks to the tested site only.
import { createRequire } from 'node:module';
import path from 'node:path';

// What is installed in MODULES, a folder with node_modules.
export function installed(modules) {
  return createRequire(path.join(modules, 'package.json'));
}

export function launch(modules) {
  const { chromium } = installed(modules)('playwright-core');
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

export function check(fact, what) {
  if (!fact) throw new Error(what);
}
