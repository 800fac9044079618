import { expect, test } from '@playwright/test';
import type { Browser } from 'playwright-core';
import { inboundStats, launchChromium, sentAudio } from '../helpers/chromium.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { allTogether, type Member, openRoom } from '../helpers/harness/room.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

let browser: Browser;
let server: ServerProcess;
let members: Member[];

test.beforeEach(async () => {
  [browser, server] = await Promise.all([launchChromium(), ServerProcess.start()]);
  members = await openRoom(browser, server);
});

test.afterEach(async () => {
  await keepEvidence(test.info(), Object.fromEntries(members.map(({ name, page }) => [name, page])), server);
  await browser.close();
  await server.stop();
});

const micOf = (member: Member) => member.page.evaluate(() => window.harness.app?.state().mic);
const mute = (member: Member, isMuted: boolean) => member.page.evaluate((value) => window.harness.app?.consult.setMuted(value), isMuted);
const micBecomes = (member: Member, state: string) => member.page.waitForFunction((wanted) => window.harness.app?.state().mic === wanted, state, { timeout: 20_000 });

/** Packets of sound that arrived from all others in the next `ms`. */
async function soundArrivingIn(member: Member, ms: number): Promise<number> {
  const count = async () => (await inboundStats(member.page)).filter((stat) => stat.kind === 'audio').reduce((sum, stat) => sum + stat.packetsReceived, 0);
  const before = await count();
  const start = await member.page.evaluate(() => performance.now());
  await member.page.waitForFunction((until) => performance.now() > until, start + ms);
  return (await count()) - before;
}

test('[LNK2] a server killed in mid-consult and started again: all see and hear each other within 10 s, without a click', async () => {
  await allTogether(members);
  await server.kill();
  for (const { page } of members) await page.waitForFunction(() => window.harness.app?.state().link.step === 'serverLost');
  await server.run();
  const startedMs = Date.now();
  await allTogether(members, 10_000);
  console.log(`together again ${Date.now() - startedMs} ms after the server was ready`);
});

test('[LNK4] a media worker killed: pictures and sound come back', async () => {
  await allTogether(members);
  const pids = server.workerPids();
  expect(pids.length).toBe(2);
  const made = await Promise.all(members.map(({ page }) => page.evaluate(() => window.testConnections.length)));
  const startedMs = Date.now();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  // The way back is shorter than a look at it: that it was gone shows in the new connections.
  await Promise.all(members.map(({ page }, index) => page.waitForFunction((before) => window.testConnections.length > before, made[index] ?? 0)));
  await allTogether(members, 10_000);
  console.log(`together again ${Date.now() - startedMs} ms after the workers were killed`);
});

test('[MUT1] [MUT2] muted means no packet of sound leaves, live means that it arrives', async () => {
  const [expert, requester] = members as [Member, Member, Member]; // openRoom gives three
  await allTogether(members);
  await micBecomes(expert, 'live');
  await mute(expert, true);
  expect(await micOf(expert)).toBe('muted');
  await expert.page.waitForFunction(() => window.testConnections.flatMap((pc) => pc.getSenders()).every((sender) => sender.track?.kind !== 'audio'));
  const before = await sentAudio(expert.page);
  await soundArrivingIn(requester, 1500);
  expect(await sentAudio(expert.page)).toEqual(before);
  await mute(expert, false);
  await micBecomes(expert, 'live');
  expect(await soundArrivingIn(requester, 1500)).toBeGreaterThan(100); // two others at 50 packets a second
});

test('[MUT3] mute pressed while the server is stalled, then killed and started again: stays muted, no sound arrives', async () => {
  const [expert, requester, nurse] = members as [Member, Member, Member]; // openRoom gives three
  await allTogether(members);
  await mute(nurse, true);
  await micBecomes(nurse, 'muted');
  server.signal('SIGSTOP');
  await mute(expert, true);
  expect(await micOf(expert)).toBe('muted');
  server.signal('SIGCONT');
  await server.kill();
  await server.run();
  await Promise.all(members.map(({ page }) => page.waitForFunction(() => window.harness.app?.state().link.step === 'connected' && window.harness.app.state().participants.length === 3, undefined, { timeout: 15_000 })));
  expect(await micOf(expert)).toBe('muted');
  await micBecomes(requester, 'live');
  expect(await soundArrivingIn(requester, 2000)).toBe(0);
  expect(await soundArrivingIn(nurse, 1000)).toBeGreaterThan(30);
  const shown = await requester.page.evaluate(() => window.harness.app?.state().participants.map((participant) => [participant.party.id, participant.mic]));
  expect(Object.fromEntries(shown ?? [])).toMatchObject({ 'demo-expert': 'muted', 'demo-nurse': 'muted', 'demo-requester': 'live' });
});

test('[MUT4] muted by the host: the switch follows, and unmuting is the owner’s own', async () => {
  const [expert, requester, nurse] = members as [Member, Member, Member]; // openRoom gives three
  await allTogether(members);
  const host = (await expert.page.evaluate(() => window.harness.app?.state().isHost)) ? expert : requester;
  const nursePeer = await nurse.page.evaluate(() => window.harness.app?.state().selfPeerId);
  await host.page.evaluate((peerId) => peerId && window.harness.app?.consult.mutePeer(peerId), nursePeer);
  await micBecomes(nurse, 'muted');
  await mute(nurse, false);
  await micBecomes(nurse, 'live');
});

test('[MUT7] a microphone unplugged and another asked for twice: one source, and one switch silences it', async () => {
  const [expert, requester, nurse] = members as [Member, Member, Member]; // openRoom gives three
  await allTogether(members);
  await mute(nurse, true);
  await expert.page.evaluate(() => window.__virtualDevices.unplug('Headset'));
  await micBecomes(expert, 'noDevice');
  await expert.page.evaluate(() => {
    window.__virtualDevices.plug({ kind: 'audioinput', label: 'Spare microphone', toneHz: 500 });
    window.harness.app?.consult.publish('mic');
    window.harness.app?.consult.publish('mic');
  });
  await micBecomes(expert, 'live');
  expect(await soundArrivingIn(requester, 1000)).toBeGreaterThan(30);
  expect(await expert.page.evaluate(() => window.harness.app?.state().ownSources.map((source) => `${source.profile} ${source.state}`).sort())).toEqual(['face live', 'mic live']);
  await mute(expert, true);
  await expert.page.waitForFunction(() => window.testConnections.flatMap((pc) => pc.getSenders()).every((sender) => sender.track?.kind !== 'audio'));
  const before = await sentAudio(expert.page);
  await soundArrivingIn(requester, 1000);
  expect(await sentAudio(expert.page)).toEqual(before);
});

test('[PIC2] a camera stopped while it was being opened stays off', async () => {
  const [expert] = members as [Member, Member, Member]; // openRoom gives three
  await allTogether(members);
  const own = await expert.page.evaluate(async () => {
    const consult = window.harness.app?.consult;
    const face = () => consult?.store.getState().ownSources.find((source) => source.profile === 'face');
    const until = (fits: () => boolean) => new Promise<void>((ok) => {
      const look = () => (fits() ? ok() : setTimeout(look, 10));
      look();
    });
    const stop = () => {
      const source = face();
      if (source) consult?.unpublish(source.sourceId);
    };
    stop();
    await until(() => face() === undefined);
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    let release: () => void = () => undefined;
    const held = new Promise<void>((ok) => (release = ok));
    let track: MediaStreamTrack | undefined;
    mediaDevices.getUserMedia = async (constraints) => {
      await held;
      const stream = await open(constraints);
      [track] = stream.getTracks();
      return stream;
    };
    consult?.publish('face');
    await until(() => face()?.state === 'starting');
    stop();
    await until(() => face() === undefined);
    release();
    await until(() => track?.readyState === 'ended');
    return consult?.store.getState().ownSources.map((source) => source.profile);
  });
  expect(own).toEqual(['mic']);
});
