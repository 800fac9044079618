import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findCommand } from '../../../build/setup/programs.mjs';
import { freePort } from '../../helpers/serverProcess.ts';
import { JanusClient } from './janusClient.ts';
import { parseRemote, publisherOffer, subscriberAnswer } from './janusSdp.ts';
import type { LoadGenerator } from './loadGenerator.ts';
import { type ConnectedSfu, connectWithGcm, inParallel } from './sfu.ts';

const START_PATIENCE_MS = 10_000;
const ROOM = 1234;
const PUBLISHER = 1;

const otherPlugins = ['audiobridge', 'duktape', 'echotest', 'lua', 'nosip', 'recordplay', 'sip', 'streaming', 'textroom', 'videocall', 'voicemail'];
const otherTransports = ['http', 'mqtt', 'nanomsg', 'pfunix', 'rabbitmq'];
const libraries = (names: readonly string[]) => names.map((name) => `libjanus_${name}.so`).join(',');

/**
 * Debian's defaults but for: one plugin, one transport on loopback, and ICE-lite, which the other SFUs here use as well. The log
 * level stays at its default 4: at 2, Debian's janus crashes while it starts.
 */
function writeConfiguration(folder: string, port: number): void {
  const files = {
    'janus.jcfg': `general: { debug_level = 4 }\nnat: { ice_lite = true }\nplugins: { disable = "${libraries(otherPlugins)}" }\ntransports: { disable = "${libraries(otherTransports)}" }\n`,
    'janus.transport.websockets.jcfg': `general: { json = "compact", ws = true, ws_port = ${port}, ws_ip = "127.0.0.1", wss = false }\nadmin: { admin_ws = false, admin_wss = false }\n`,
    'janus.plugin.videoroom.jcfg': `room-${ROOM}: { publishers = 2, bitrate = 0, fir_freq = 0, videocodec = "vp8", notify_joining = false }\n`,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

async function openClient(port: number, janus: ChildProcess, output: () => string): Promise<JanusClient> {
  const untilMs = performance.now() + START_PATIENCE_MS;
  for (;;) {
    try {
      return await JanusClient.open(port);
    } catch (error) {
      if (janus.exitCode !== null || janus.signalCode !== null) throw new Error(`janus ended at its start (${janus.exitCode ?? janus.signalCode}): ${output().trim().split('\n').at(-1) ?? ''}`);
      if (performance.now() > untilMs) throw error;
      await delay(50);
    }
  }
}

/**
 * Debian's janus with its videoroom plugin. Media go to and from the machine's own address, because janus leaves out the
 * loopback interface; the kernel sends that over the loopback all the same.
 */
export async function connectJanus(load: LoadGenerator, cpu: number | null): Promise<ConnectedSfu> {
  const program = findCommand('janus');
  if (program === undefined) throw new Error('janus is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'huizhen-janus-'));
  const port = await freePort();
  writeConfiguration(folder, port);
  const command = [program, '--configs-folder', folder, '--disable-colors'];
  const [first = program, ...rest] = cpu === null ? command : ['taskset', '-c', String(cpu), ...command];
  const janus = spawn(first, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [janus.stdout, janus.stderr]) stream.on('data', (chunk: Buffer) => (output = (output + String(chunk)).slice(-20_000)));
  const gone = new Promise<void>((done) => janus.once('close', () => done()));
  const end = () => {
    janus.kill('SIGKILL'); // it keeps nothing, and takes seconds to end a hundred handles in order
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  process.once('exit', end); // an interrupted bench leaves no janus behind
  let client: JanusClient | null = null;
  const close = async () => {
    process.off('exit', end);
    client?.close();
    end();
    await gone;
  };
  try {
    const opened = await openClient(port, janus, () => output);
    client = opened;
    const publisher = await opened.attach();
    await opened.message(publisher, { request: 'join', ptype: 'publisher', room: ROOM, id: PUBLISHER });
    const published = await opened.message(publisher, { request: 'publish' }, { type: 'offer', sdp: publisherOffer(load) });
    await connectWithGcm(load, 0, parseRemote(published.sdp ?? ''));
    await inParallel(load.receivers, 10, async (index) => {
      const handle = await opened.attach();
      const { sdp } = await opened.message(handle, { request: 'join', ptype: 'subscriber', room: ROOM, streams: [{ feed: PUBLISHER }] });
      if (sdp === null) throw new Error('janus made no offer to a subscriber');
      await opened.message(handle, { request: 'start' }, { type: 'answer', sdp: subscriberAnswer(load, sdp) });
      await connectWithGcm(load, index + 1, parseRemote(sdp));
    });
    const pid = janus.pid ?? 0; // it has answered, so it has one
    return { name: 'janus', pids: [pid], workerPids: [pid], resume: async () => {}, close };
  } catch (error) {
    await close();
    throw error;
  }
}
