/** `npm run verify-record -- FILE`: checks a record of remote control, without a network. The exit code is the tool's own (electron/host/verifyRecord/main.ts). */
import { spawnSync } from 'node:child_process';
import { bundleVerifyRecord } from '../bundle/server.mjs';

const tool = await bundleVerifyRecord();
const { status } = spawnSync(process.execPath, [tool, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
