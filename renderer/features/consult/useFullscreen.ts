import { useCallback, useEffect, useState } from 'react';
import { drop } from '#shared/lib/drop';

/** The whole page in full screen: menus and dialogs live outside the room's element and must stay visible. */
export function useFullscreen(): readonly [boolean, () => void] {
  const [isFull, setFull] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const onChange = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', onChange);
    return () => document.removeEventListener('fullscreenchange', onChange);
  }, []);
  const toggle = useCallback(() => {
    const change = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    drop(change, 'a system that refuses full screen leaves the window as it is');
  }, []);
  return [isFull, toggle];
}
