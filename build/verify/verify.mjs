/**
 * `npm run verify -- FILE.pdf [--authority FILE|FINGERPRINT]`: checks a signed opinion, without a network. The exit code is the
 * tool's own (sfu-server/opinions/verify/main.ts).
 */
import { spawnSync } from 'node:child_process';
import { bundleVerify } from '../bundle/server.mjs';

const tool = await bundleVerify();
const { status } = spawnSync(process.execPath, [tool, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
