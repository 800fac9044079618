import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { launchChromium } from '../helpers/chromium.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';
import type { Row } from './benchReport.ts';
import { percentile } from './statistics.ts';

export const description = 'From starting the client’s program to a sign-in screen that takes keys; what it loads for that';

const STARTS = { quick: 3, full: 7 } as const;
const root = join(import.meta.dirname, '..', '..');

/** Installers that `npm run package` has made, in MB. */
function installerMb(): number | null {
  const folder = join(root, 'dist', 'package');
  if (!existsSync(folder)) return null;
  const files = readdirSync(folder).filter((name) => /\.(exe|dmg|AppImage|deb|rpm)$/.test(name));
  const [first] = files;
  return first === undefined ? null : statSync(join(folder, first)).size / 1_000_000;
}

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const server = await ServerProcess.start({ HUIZHEN_DEMO_IMAGES: '0' });
  try {
    const times: number[] = [];
    let scriptBytes = 0;
    for (let index = 0; index < STARTS[quick ? 'quick' : 'full']; index += 1) {
      const startedMs = performance.now();
      const browser = await launchChromium();
      const page = await browser.newPage();
      const bodies: Promise<Buffer>[] = [];
      page.on('response', (response) => {
        if (response.url().endsWith('.js')) bodies.push(response.body());
      });
      await page.goto(server.url);
      await page.getByTestId('sign-in-name').fill('expert');
      times.push(performance.now() - startedMs);
      await page.waitForLoadState('networkidle');
      scriptBytes = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
      await browser.close();
    }
    const size = installerMb();
    return [
      { metric: 'cold_start_ms', value: percentile(times, 0.5), unit: 'ms', note: 'new browser process and empty cache to a filled sign-in field; server running' },
      { metric: 'initial_js_kb_gzip', value: scriptBytes / 1000, unit: 'kB' },
      size === null ? { metric: 'installer_mb', missing: 'no installer in dist/package: npm run package needs the Electron distribution' } : { metric: 'installer_mb', value: size, unit: 'MB' },
    ];
  } finally {
    await server.stop();
  }
}
