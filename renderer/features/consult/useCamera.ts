import { useCallback, useRef } from 'react';
import type { SourceProfileName } from '#shared/domain/sourceProfiles';
import { useRoom } from './roomContext.ts';
import { cameraState, isCamera, mainCamera } from './roomView.ts';

/** One press for all cameras: off stops every one, on brings back those that were stopped. */
export function useCameraToggle(): () => void {
  const { model } = useRoom();
  const stopped = useRef<readonly SourceProfileName[]>([]);
  return useCallback(() => {
    const { ownSources, participants } = model.store.getState();
    const self = participants.find((participant) => participant.isSelf);
    const cameras = ownSources.filter((source) => isCamera(source.profile));
    const state = cameraState(ownSources);
    if (state === 'on' || state === 'starting') {
      stopped.current = cameras.map((source) => source.profile);
      for (const source of cameras) model.unpublish(source.sourceId);
      return;
    }
    for (const source of cameras) model.unpublish(source.sourceId); // lost or failed: opened anew
    const wanted = stopped.current.length > 0 ? stopped.current : [mainCamera(self?.party.role ?? 'expert')];
    for (const profile of wanted) model.publish(profile);
  }, [model]);
}

/** Starts sharing a screen or window, or stops it. */
export function useShareToggle(): () => void {
  const { model } = useRoom();
  return useCallback(() => {
    const own = model.store.getState().ownSources.find((source) => source.profile === 'screen');
    if (own) model.unpublish(own.sourceId);
    else model.shareScreen();
  }, [model]);
}
