import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import type { Mark } from '#shared/domain/imaging/marks';
import type { CellView, Presentation } from '#shared/domain/imaging/presentation';
import { ObserverView } from '../../../../sfu-server/rooms/observerView.ts';

const map = (uid: string): string => `9.${uid}`;
const cell: CellView = {
  studyUid: '1.1', seriesUid: '1.2', plane: 'stack', sopUid: '1.3', frame: 1, planeMm: null, window: { center: 40, width: 400 }, zoom: 1, panMm: [0, 0], rotationDeg: 0, isFlippedAcross: false, isFlippedDown: false, isInverted: false,
  cine: { isPlaying: false, framesPerSecond: 10 },
};
const mark = (change: Partial<Mark> = {}): Mark => ({
  id: 'mark-0001', tool: 'arrow', studyUid: '1.1', seriesUid: '1.2', sopUid: '1.3', frame: 1, frameOfReferenceUid: '1.4', points: [[1, 2, 3], [4, 5, 6]], normal: null, up: null, text: '陈建国', authorId: 'p-1', authorName: '王医生', isLocked: false, ...change,
});
const marksIn = (updates: readonly (string | null)[]): unknown[] => {
  const document = new Y.Doc();
  for (const update of updates) if (update !== null) Y.applyUpdate(document, Buffer.from(update, 'base64'));
  return Object.values(document.getMap('marks').toJSON());
};

describe('[IMG56] what observers get of reading together', () => {
  it('names what is presented by the UIDs of their copies, whole and in changes', () => {
    const view = new ObserverView(map);
    const presentation: Presentation = { layout: { rows: 1, columns: 2 }, active: 0, cells: [cell, null], pointer: { cell: 0, world: [1, 2, 3] } };
    expect(view.presentation(presentation)).toEqual({ ...presentation, cells: [{ ...cell, studyUid: '9.1.1', seriesUid: '9.1.2', sopUid: '9.1.3' }, null] });
    expect(view.change({ type: 'whole', presentation })).toEqual({ type: 'whole', presentation: view.presentation(presentation) });
    expect(view.change({ type: 'delta', delta: { active: 1, cells: [{ index: 0, cell: { sopUid: '1.5' } }, { index: 1, cell: null }] } })).toEqual({ type: 'delta', delta: { active: 1, cells: [{ index: 0, cell: { sopUid: '9.1.5' } }, { index: 1, cell: null }] } });
    expect(view.change({ type: 'delta', delta: { cells: [{ index: 0, cell: { zoom: 2 } }] } })).toEqual({ type: 'delta', delta: { cells: [{ index: 0, cell: { zoom: 2 } }] } });
  });

  it('gives marks where they are, without words and names', () => {
    const view = new ObserverView(map);
    const first = view.follow({ 'mark-0001': mark() });
    expect(marksIn([first])).toEqual([mark({ studyUid: '9.1.1', seriesUid: '9.1.2', sopUid: '9.1.3', frameOfReferenceUid: '9.1.4', text: '', authorName: '' })]);
    for (const update of [first, view.marks]) {
      const bytes = Buffer.from(update ?? '', 'base64').toString('utf8');
      expect(bytes).not.toContain('陈建国');
      expect(bytes).not.toContain('王医生');
    }
  });

  it('sends what changed and no more, and takes off what is gone; who comes later has the same', () => {
    const view = new ObserverView(map);
    const first = view.follow({ 'mark-0001': mark(), 'mark-0002': mark({ id: 'mark-0002' }) });
    expect(view.follow({ 'mark-0001': mark(), 'mark-0002': mark({ id: 'mark-0002' }) })).toBeNull();
    const moved = view.follow({ 'mark-0001': mark({ points: [[9, 9, 9], [4, 5, 6]] }) });
    expect(marksIn([first, moved])).toMatchObject([{ id: 'mark-0001', points: [[9, 9, 9], [4, 5, 6]] }]);
    expect(marksIn([view.marks])).toEqual(marksIn([first, moved]));
  });

  it('passes nothing on that is no mark', () => {
    expect(new ObserverView(map).follow({ 'mark-0001': { note: 'anything' } })).toBeNull();
  });
});
