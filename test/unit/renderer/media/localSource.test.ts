import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceIdSchema } from '#shared/domain/ids';
import { LocalSource } from '../../../../renderer/services/media/localSource.ts';

/** The part of a track that decides whether packets hold anything. */
class FakeTrack {
  enabled = true;
  readyState: 'live' | 'ended' = 'live';

  stop(): void {
    this.readyState = 'ended';
  }

  asTrack(): MediaStreamTrack {
    return this as unknown as MediaStreamTrack; // LocalSource uses no more of a track than is here
  }
}

interface Replacement {
  readonly track: FakeTrack | null;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/** A sender whose replacements end when the test says: as in a browser, its track changes only then, and one runs at a time. */
class FakeSender {
  track: FakeTrack | null;
  isClosed = false;
  readonly pending: Replacement[] = [];
  calls = 0;

  constructor(track: FakeTrack | null) {
    this.track = track;
  }

  replaceTrack(track: FakeTrack | null): Promise<void> {
    this.calls += 1;
    if (this.isClosed) return Promise.reject(new Error('closed'));
    return new Promise((done, failed) => this.pending.push({ track, done, failed }));
  }

  /** Ends the oldest replacement. */
  finish(): void {
    const next = this.pending.shift();
    if (!next) return;
    this.track = next.track;
    next.done();
  }

  /** The peer connection is closed: nothing leaves any more, and what is under way fails. */
  close(): void {
    this.isClosed = true;
    for (const { failed } of this.pending.splice(0)) failed(new Error('closed'));
  }

  /** Whether packets with sound or picture leave. */
  get isSending(): boolean {
    return !this.isClosed && this.track !== null && this.track.readyState === 'live' && this.track.enabled;
  }

  asSender(): RTCRtpSender {
    return this as unknown as RTCRtpSender; // LocalSource uses no more of a sender than is here
  }
}

const settle = async () => {
  for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
};

function open(isMuted = false) {
  const track = new FakeTrack();
  let changes = 0;
  const source = new LocalSource({ sourceId: sourceIdSchema.parse('mic'), profile: 'mic', track: track.asTrack(), label: 'Microphone', isMuted, onChanged: () => (changes += 1) });
  return { source, track, changes: () => changes };
}

describe('LocalSource', () => {
  it('[MUT1] muting silences the track in the same turn, with no sender at all', () => {
    const { source, track } = open();
    expect(track.enabled).toBe(true);
    source.setMuted(true);
    expect([track.enabled, source.isMuted]).toEqual([false, true]);
    source.setMuted(false);
    expect([track.enabled, source.isMuted]).toEqual([true, false]);
  });

  it('[MUT1] opened muted, its track is silent from the beginning', () => {
    expect(open(true).track.enabled).toBe(false);
  });

  it('[MUT5] takes the track off the sender, and [MUT6] puts it back', async () => {
    const { source, track } = open();
    const sender = new FakeSender(track);
    source.handleSender(sender.asSender());
    expect(source.isAttached).toBe(true);
    source.setMuted(true);
    expect(sender.isSending).toBe(false);
    sender.finish();
    await settle();
    expect([sender.track, source.isAttached]).toEqual([null, false]);
    source.setMuted(false);
    expect(source.isAttached).toBe(false);
    sender.finish();
    await settle();
    expect([sender.track, sender.isSending, source.isAttached]).toEqual([track, true, true]);
  });

  it('[MUT5] a sender that comes while muted loses the track it was made with', async () => {
    const { source, track } = open(true);
    const sender = new FakeSender(track);
    source.handleSender(sender.asSender());
    expect(sender.isSending).toBe(false);
    sender.finish();
    await settle();
    expect(sender.track).toBeNull();
  });

  it('[MUT3] another device keeps the wish, and stops the earlier one', () => {
    const { source, track } = open(true);
    const other = new FakeTrack();
    source.isDeviceLost = true;
    source.replaceTrack(other.asTrack(), 'Another microphone');
    expect([other.enabled, track.readyState, source.label, source.isDeviceLost]).toEqual([false, 'ended', 'Another microphone', false]);
  });

  it('of many wishes during one replacement only the last is carried out', async () => {
    const { source, track } = open();
    const sender = new FakeSender(track);
    source.handleSender(sender.asSender());
    for (const isMuted of [true, false, true, false, true]) source.setMuted(isMuted);
    while (sender.pending.length > 0) {
      sender.finish();
      await settle();
    }
    expect([sender.track, sender.calls]).toEqual([null, 1]);
  });

  it('closed, it stops its track and touches no sender any more', async () => {
    const { source, track } = open();
    const sender = new FakeSender(track);
    source.handleSender(sender.asSender());
    source.close();
    source.setMuted(true);
    await settle();
    expect([track.readyState, sender.calls, source.isAttached]).toEqual(['ended', 0, false]);
  });

  type Step = { readonly type: 'mute' | 'unmute' | 'otherDevice' | 'newSender' | 'emptySender' | 'senderGone' | 'finish' | 'turn' };
  const steps: fc.Arbitrary<readonly Step[]> = fc.array(
    fc.oneof(
      { arbitrary: fc.constant<Step>({ type: 'mute' }), weight: 4 }, { arbitrary: fc.constant<Step>({ type: 'unmute' }), weight: 4 }, { arbitrary: fc.constant<Step>({ type: 'otherDevice' }), weight: 2 },
      { arbitrary: fc.constant<Step>({ type: 'newSender' }), weight: 2 }, { arbitrary: fc.constant<Step>({ type: 'emptySender' }), weight: 1 }, { arbitrary: fc.constant<Step>({ type: 'senderGone' }), weight: 1 },
      { arbitrary: fc.constant<Step>({ type: 'finish' }), weight: 6 }, { arbitrary: fc.constant<Step>({ type: 'turn' }), weight: 4 },
    ),
    { minLength: 1, maxLength: 24 },
  );

  it('[MUT5] [MUT6] in 6,000 random interleavings nothing leaves while muted, and nothing is withheld once all has settled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), steps, async (isMutedFirst, plan) => {
        const { source, track } = open(isMutedFirst);
        const senders: FakeSender[] = [];
        let current: FakeSender | null = null;
        let device = track;
        let isMuted = isMutedFirst;
        const check = () => {
          if (isMuted) expect(senders.filter(({ isSending }) => isSending)).toEqual([]);
        };
        const bring = (sender: FakeSender) => {
          current?.close(); // a new generation replaces the earlier one as a whole
          senders.push(sender);
          current = sender;
          source.handleSender(sender.asSender());
        };
        for (const { type } of plan) {
          if (type === 'mute' || type === 'unmute') {
            isMuted = type === 'mute';
            source.setMuted(isMuted);
          }
          if (type === 'otherDevice') {
            device = new FakeTrack();
            source.replaceTrack(device.asTrack(), 'another');
          }
          if (type === 'newSender') bring(new FakeSender(device));
          if (type === 'emptySender') bring(new FakeSender(null));
          if (type === 'senderGone') {
            source.handleSenderGone();
            (current as FakeSender | null)?.close();
            current = null;
          }
          if (type === 'finish') for (const sender of senders) sender.finish();
          if (type === 'turn') await Promise.resolve();
          check();
        }
        for (let round = 0; round < 10; round += 1) {
          await settle();
          check();
          for (const sender of senders) sender.finish();
          check();
        }
        await settle();
        const last: FakeSender | null = current;
        if (last) expect([(last as FakeSender).track, (last as FakeSender).isSending, source.isAttached]).toEqual(isMuted ? [null, false, false] : [device, true, true]);
        else expect(source.isAttached).toBe(false);
      }),
      { numRuns: 6000, seed: 20_261_121 },
    );
  });

  it('[MUT6] a sender that refuses every replacement is not asked again and again in one turn', async () => {
    const { source } = open(true);
    const sender = new FakeSender(null);
    source.handleSender(sender.asSender());
    let calls = 0;
    sender.replaceTrack = () => {
      calls += 1;
      // Without an end of its own the loop would never give the turn back.
      return calls < 50 ? Promise.reject(new Error('closed')) : new Promise(() => undefined);
    };
    source.setMuted(false);
    for (let turn = 0; turn < 300; turn += 1) await Promise.resolve();
    expect(calls).toBeLessThan(5);
  });

  it('[MUT5] a replacement that never ends on a sender that is gone does not hold up the next sender', async () => {
    const { source, track } = open();
    const first = new FakeSender(track);
    source.handleSender(first.asSender());
    source.setMuted(true); // under way when its peer connection closes: by the standard such a promise never settles
    source.handleSenderGone();
    const second = new FakeSender(track);
    source.handleSender(second.asSender());
    second.finish();
    await settle();
    expect(second.track).toBeNull();
  });
});
