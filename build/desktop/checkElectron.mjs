/**
 * electronegativity over electron/, failing on anything of high severity and on any file it cannot read (such a file would pass
 * unseen). Lesser findings are printed: those left are known and argued in the sources. Exit code 0 or 1.
 *
 * Not by its command line: that ends with 0 whatever it finds, and does not start here at all: its parser, hoisted by npm, would
 * load this project's TypeScript, which is too new for it. It is given the TypeScript 4.2 it came with.
 */
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const target = join(root, 'electron');
const toolRequire = createRequire(createRequire(import.meta.url).resolve('@doyensec/electronegativity'));

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const isParser = request === 'typescript' && /[\\/](@typescript-eslint|tsutils)[\\/]/.test(parent?.filename ?? '');
  return isParser ? toolRequire.resolve('typescript') : resolveFilename.call(this, request, parent, ...rest);
};

const run = toolRequire('./runner.js');
const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8'));

// Left out: the question to the network whether a newer Electron exists; the lockfile decides that here.
const excludeFromScan = ['AvailableSecurityFixesGlobalCheck'];
const { issues, errors } = await run({ input: target, isVerbose: false, electronVersionOverride: version, parserPlugins: ['importAttributes'], excludeFromScan }, false);
for (const { severity, id, file, location, description } of issues) {
  const place = file === 'N/A' ? 'electron' : `${relative(root, resolve(target, file))}:${location.line}`;
  console.log(`${severity.name} ${id} ${place} ${description}`);
}
for (const error of errors) console.error(`not read: ${error.file ?? ''} ${error.message ?? error}`);
const high = issues.filter(({ severity }) => severity.name === 'HIGH');
console.log(`electronegativity: ${issues.length} findings, ${high.length} of high severity, ${errors.length} files not read`);
process.exit(high.length > 0 || errors.length > 0 ? 1 : 0);
