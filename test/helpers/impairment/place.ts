import { ip, type NetworkPlace } from './namespace.ts';

let places = 0;

/** A network namespace with one address that this machine reaches: for programs that listen on all addresses whatever they are told. */
export async function openPlace(): Promise<NetworkPlace & { readonly own: string; close(): Promise<void> }> {
  places += 1;
  const namespace = `hzplace${process.pid}n${places}`;
  const [near, far] = [`hzl${process.pid % 100_000}a${places}`, `hzl${process.pid % 100_000}b${places}`];
  const net = `10.92.${process.pid % 250}`;
  const own = `${net}.${places * 4 + 1}`;
  const address = `${net}.${places * 4 + 2}`;
  await ip('netns', 'add', namespace);
  await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', namespace);
  await ip('address', 'add', `${own}/30`, 'dev', near);
  await ip('link', 'set', near, 'up');
  await ip('-n', namespace, 'address', 'add', `${address}/30`, 'dev', far);
  await ip('-n', namespace, 'link', 'set', far, 'up');
  await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  return { namespace, address, own, close: async () => void (await ip('netns', 'delete', namespace)) };
}
