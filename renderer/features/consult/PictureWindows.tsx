import { useCallback, useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import type { SourceId } from '#shared/domain/ids';
import { fullName } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { useConsult } from './roomContext.ts';
import { findTile } from './roomView.ts';
import { Tile } from './Tile.tsx';

interface PictureWindow {
  readonly sourceId: SourceId;
  readonly view: Window;
}

export interface PictureWindows {
  readonly windows: readonly PictureWindow[];
  readonly poppedOut: readonly SourceId[];
  /** False when the browser did not allow a window. */
  readonly popOut: (sourceId: SourceId) => boolean;
  readonly popBack: (sourceId: SourceId) => void;
}

/**
 * Windows for a second screen. They are empty pages of our own origin that this page draws into, so the stream needs no second
 * connection. All close with the room: a picture of a patient does not stay behind on a wall.
 */
export function usePictureWindows(): PictureWindows {
  const [windows, setWindows] = useState<readonly PictureWindow[]>([]);
  const open = useRef(new Map<SourceId, Window>());

  const forget = useCallback((sourceId: SourceId) => {
    open.current.delete(sourceId);
    setWindows((old) => old.filter((one) => one.sourceId !== sourceId));
  }, []);
  const popBack = useCallback(
    (sourceId: SourceId) => {
      open.current.get(sourceId)?.close();
      forget(sourceId);
    },
    [forget],
  );
  const popOut = useCallback(
    (sourceId: SourceId) => {
      const existing = open.current.get(sourceId);
      if (existing && !existing.closed) {
        existing.focus();
        return true;
      }
      const view = window.open('about:blank', '', 'popup,width=1280,height=720');
      if (!view) return false;
      const page = view.document;
      for (const sheet of document.querySelectorAll('style, link[rel="stylesheet"]')) page.head.append(page.importNode(sheet, true));
      page.documentElement.dataset['theme'] = document.documentElement.dataset['theme'] ?? 'dark';
      page.documentElement.lang = document.documentElement.lang;
      page.body.className = 'cr-window';
      view.addEventListener('pagehide', () => forget(sourceId));
      open.current.set(sourceId, view);
      setWindows((old) => [...old, { sourceId, view }]);
      return true;
    },
    [forget],
  );
  useEffect(() => {
    const opened = open.current;
    const closeAll = () => {
      for (const view of opened.values()) view.close();
      opened.clear();
    };
    window.addEventListener('pagehide', closeAll);
    return () => {
      window.removeEventListener('pagehide', closeAll);
      closeAll();
    };
  }, []);
  return { windows, poppedOut: windows.map((one) => one.sourceId), popOut, popBack };
}

/** Draws each source into its window; a source that is gone closes its window. */
export function PictureWindowContents({ windows, popBack }: Pick<PictureWindows, 'windows' | 'popBack'>) {
  const participants = useConsult((s) => s.participants);
  return windows.map(({ sourceId, view }) => {
    const found = findTile(participants, sourceId);
    return found ? createPortal(<WindowContent participant={found.participant} tile={found.tile} view={view} />, view.document.body, sourceId) : <CloseWindow key={sourceId} onClose={() => popBack(sourceId)} />;
  });
}

function WindowContent({ participant, tile, view }: NonNullable<ReturnType<typeof findTile>> & { readonly view: Window }) {
  const { t, language } = useText();
  const title = `${t(`profile.${tile.profile}`)} · ${fullName(participant.party, language)}`;
  useEffect(() => {
    view.document.title = title;
  }, [view, title]);
  return <Tile participant={participant} tile={tile} place="window" />;
}

function CloseWindow({ onClose }: { readonly onClose: () => void }) {
  useEffect(onClose, [onClose]);
  return null;
}
