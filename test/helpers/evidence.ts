import { writeFileSync } from 'node:fs';
import type { TestInfo } from '@playwright/test';
import type { Page } from 'playwright-core';
import type { ServerProcess } from './serverProcess.ts';

/** After a failed test: what each page shows and what the server said, beside the report. */
export async function keepEvidence(info: TestInfo, pages: Readonly<Record<string, Page | undefined>>, server: ServerProcess): Promise<void> {
  if (info.status === info.expectedStatus) return;
  writeFileSync(info.outputPath('server.log'), server.output);
  for (const [name, page] of Object.entries(pages)) {
    if (!page || page.isClosed()) continue;
    await page.screenshot({ path: info.outputPath(`${name}.png`), timeout: 10_000 }).catch((error: unknown) => console.log(`no picture of ${name}: ${String(error)}`));
  }
}
