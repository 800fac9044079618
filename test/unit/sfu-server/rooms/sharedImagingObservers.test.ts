import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { Peer } from '../../../../sfu-server/rooms/peer.ts';
import { SharedImaging } from '../../../../sfu-server/rooms/sharedImaging.ts';

const mark = (id: string) => ({ id, tool: 'arrow', studyUid: '1.1', seriesUid: '1.2', sopUid: '1.3', frame: 1, frameOfReferenceUid: '1.4', points: [[1, 2, 3], [4, 5, 6]], normal: null, up: null, text: 'x', authorId: 'p-1', authorName: 'y', isLocked: false });

/** An observer with the document that their page would have. */
function watcher(id: string) {
  const document = new Y.Doc();
  const merge = (update: string) => Y.applyUpdate(document, Buffer.from(update, 'base64'));
  const connection = { send: (_name: string, { update }: { update?: string }) => update !== undefined && merge(update) };
  // The parts of a peer that reading together looks at.
  const peer = { id, party: { id, role: 'observer' }, connection } as unknown as Peer;
  return { peer, merge, marks: () => Object.keys(document.getMap('marks').toJSON()).sort() };
}

describe('[IMG56] several observers', () => {
  it('marks that came to the case beside the room reach those who were here, and what builds on them too', async () => {
    const [early, late] = [watcher('o-1'), watcher('o-2')];
    const author = { id: 'p-1', party: { id: 'p-1', role: 'expert' }, connection: null } as unknown as Peer;
    const imaging = new SharedImaging({ peers: () => [early.peer, late.peer, author], mapUid: (uid) => `9.${uid}`, onShown: () => undefined });
    early.merge((await imaging.joinAsObserver(early.peer, async () => ({ 'mark-0001': mark('mark-0001') }))).marks ?? '');
    late.merge((await imaging.joinAsObserver(late.peer, async () => ({ 'mark-0001': mark('mark-0001'), 'mark-0002': mark('mark-0002') }))).marks ?? '');
    expect(early.marks()).toEqual(['mark-0001', 'mark-0002']);
    await imaging.relayMark(author, '', async () => ({ 'mark-0001': mark('mark-0001'), 'mark-0002': mark('mark-0002'), 'mark-0003': mark('mark-0003') }));
    expect([early.marks(), late.marks()]).toEqual([['mark-0001', 'mark-0002', 'mark-0003'], ['mark-0001', 'mark-0002', 'mark-0003']]);
  });

  it('a reading of the case’s marks that takes long takes back nothing that came meanwhile', async () => {
    const here = watcher('o-1');
    const author = { id: 'p-1', party: { id: 'p-1', role: 'expert' }, connection: null } as unknown as Peer; // as above
    const imaging = new SharedImaging({ peers: () => [here.peer, author], mapUid: (uid) => uid, onShown: () => undefined });
    here.merge((await imaging.joinAsObserver(here.peer, async () => ({}))).marks ?? '');
    const kept: Record<string, unknown> = {};
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const draw = (id: string, wait: Promise<void>) => {
      kept[id] = mark(id);
      return imaging.relayMark(author, '', async () => {
        const now = { ...kept };
        await wait;
        return now;
      });
    };
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const first = draw('mark-0001', held);
    await turn();
    const second = draw('mark-0002', Promise.resolve());
    await turn();
    release();
    await Promise.all([first, second]);
    expect(here.marks()).toEqual(['mark-0001', 'mark-0002']);
  });
});

describe('[IMG22] presenting', () => {
  const present = (id: string, role = 'expert') => ({ id, party: { id, role }, connection: { send: () => undefined } }) as unknown as Peer; // as above
  const [first, second, observer] = [present('p-1'), present('p-2'), present('o-1', 'observer')];
  const room = () => {
    const imaging = new SharedImaging({ peers: () => [first, second, observer], mapUid: (uid) => uid, onShown: () => undefined });
    for (const peer of [first, second]) imaging.join(peer);
    imaging.ask(first, true);
    return imaging;
  };

  it('does not come to somebody who asked for it and has closed the viewer since', () => {
    const imaging = room();
    imaging.ask(second, true);
    imaging.leave(second);
    imaging.release(first);
    expect(imaging.presenter).toEqual({ presenterPeerId: null, asking: [], isPresenterHere: false });
  });

  it('ends with looking, also when the word that it is laid down was lost', () => {
    const imaging = room();
    imaging.leave(first);
    expect(imaging.presenter.presenterPeerId).toBeNull();
  });

  it('is not given to an observer, who can neither present nor lay it down', () => {
    expect(() => room().give(first, observer.id)).toThrow('no such participant');
  });
});
