import { describe, expect, it } from 'vitest';
import { sourceIdSchema } from '#shared/domain/ids';
import { cameraState, canPublish, findTile, fitOf, frozenSeconds, gridColumns, isSameTile, limitOf, mainCamera, offeredProfiles, shownHeightPx, sideTile, stripOrder } from '../../../../renderer/features/consult/roomView.ts';
import { statsAsText } from '../../../../renderer/features/consult/statsText.ts';
import { staticConsultState } from '../../../helpers/staticConsultModel.ts';

const id = (text: string) => sourceIdSchema.parse(text);
const { participants, ownSources } = staticConsultState('three');

describe('the room\'s pictures', () => {
  it('keep the order of coming, oneself last', () => {
    expect(stripOrder(participants).map((one) => String(one.peerId))).toEqual(['peer-cart', 'peer-zhou', 'peer-self']);
    expect(findTile(participants, id('s-zhou-face'))?.participant.party.name.en).toBe('Zhou Min');
    expect(findTile(participants, null)).toBeNull();
  });

  it('put the most important other picture beside the stage, until one is chosen', () => {
    expect(sideTile(participants, id('s-cart-field'), null)?.tile.profile).toBe('ultrasound');
    expect(sideTile(participants, id('s-cart-field'), id('s-zhou-face'))?.participant.party.name.en).toBe('Zhou Min');
    expect(sideTile(participants, id('s-cart-field'), id('s-gone'))?.tile.profile).toBe('ultrasound');
    expect(sideTile(participants, id('s-cart-field'), id('s-cart-field'))?.tile.profile).toBe('ultrasound');
  });

  it('fill the grid\'s place', () => {
    expect(gridColumns(1, 1000, 600)).toBe(1);
    expect(gridColumns(4, 1600, 900)).toBe(2);
    expect(gridColumns(2, 1000, 2000)).toBe(1);
    expect(gridColumns(3, 0, 0)).toBe(1);
  });

  it('ask for the pixels a picture really covers, not for its letterbox', () => {
    expect(shownHeightPx({ width: 1600, height: 900 }, 16 / 9, 'contain', 1)).toBe(900);
    expect(shownHeightPx({ width: 900, height: 1600 }, 16 / 9, 'contain', 2)).toBe(1013);
    expect(shownHeightPx({ width: 1600, height: 400 }, 16 / 9, 'cover', 1)).toBe(900);
    expect([fitOf('face'), fitOf('ultrasound')]).toEqual(['cover', 'contain']);
  });

  it('call a picture frozen only after two seconds', () => {
    expect(frozenSeconds({ frozenSinceMs: null }, 9000)).toBeNull();
    expect(frozenSeconds({ frozenSinceMs: 8000 }, 9000)).toBeNull();
    expect(frozenSeconds({ frozenSinceMs: 2000 }, 9500)).toBe(7);
  });

  it('tell a reason only when there is one and the size is known', () => {
    const received = { width: 1280, height: 720, fps: 25 };
    expect(limitOf({ limit: 'none', received })).toBeNull();
    expect(limitOf({ limit: 'senderNetwork', received })).toEqual({ long: 'limit.senderNetwork', short: 'limitShort.senderNetwork', height: 720 });
    expect(limitOf({ limit: 'ownNetwork', received: { width: 0, height: 0, fps: 0 } })).toBeNull();
    expect(limitOf({ limit: 'senderPaused', received: { width: 0, height: 0, fps: 0 } })?.long).toBe('limit.senderPaused');
  });

  it('say what the cameras do', () => {
    expect(cameraState(ownSources)).toBe('on');
    expect(cameraState([])).toBe('off');
    expect(cameraState(staticConsultState('deviceLost').ownSources)).toBe('lost');
    expect([mainCamera('cart'), mainCamera('expert')]).toEqual(['field', 'face']);
    expect([canPublish('observer'), offeredProfiles('observer')]).toEqual([false, []]);
  });

  it('are not drawn again for what they do not show', () => {
    const [cart] = participants;
    const [tile] = cart?.tiles ?? [];
    if (!cart || !tile) throw new Error('the scene has a cart with pictures');
    const look = { participant: cart, tile, place: 'stage' };
    expect(isSameTile(look, { ...look, participant: { ...cart, audioLevel: 0.9 } })).toBe(true);
    expect(isSameTile(look, { ...look, tile: { ...tile, received: { width: 1280, height: 720, fps: 30 } } })).toBe(false);
    expect(isSameTile(look, { ...look, participant: { ...cart, mic: 'muted' } })).toBe(false);
  });

  it('copy statistics as a table of tabs', () => {
    const text = statsAsText(staticConsultState('stats').stats, 'heading', (key) => key);
    const lines = text.split('\n');
    expect(lines).toHaveLength(7);
    expect(new Set(lines.slice(1).map((line) => line.split('\t').length))).toEqual(new Set([12]));
  });
});
