import { parseArgs } from 'node:util';

/**
 * A command's options. What it does not know is named and refused with exit code 2, before anything else happens: an option that is
 * silently ignored is taken for one that worked.
 * @param {string} command how a person starts it, for the message
 * @param {Readonly<Record<string, { type: 'string' | 'boolean' }>>} options
 * @param {string} help one sentence that says what there is instead
 * @returns {Readonly<Record<string, string | boolean | undefined>>}
 */
export function readOptions(command, options, help) {
  const { values, tokens } = parseArgs({ options, strict: false, tokens: true });
  const unknown = tokens.filter(({ kind, name }) => kind === 'positional' || (kind === 'option' && !Object.hasOwn(options, name))).map((token) => token.rawName ?? token.value);
  if (unknown.length > 0) refuse(command, `${unknown.join(', ')}: no such option; ${help}`);
  for (const [name, value] of Object.entries(values)) {
    const isText = typeof value === 'string' && value !== '';
    if (options[name].type === 'string' && !isText) refuse(command, `--${name} wants a value: --${name}=…`);
    if (options[name].type === 'boolean' && value !== true) refuse(command, `--${name} takes no value`);
  }
  return values;
}

/**
 * The one way a command ends because of how it was called.
 * @param {string} command
 * @param {string} problem
 * @returns {never}
 */
export function refuse(command, problem) {
  console.error(`${command}: ${problem}`);
  process.exit(2);
}
