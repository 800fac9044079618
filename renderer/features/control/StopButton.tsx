import { useContext, useLayoutEffect } from 'react';
import type { StopStanding } from '../../services/control/repeatedStop.ts';
import { useText } from '../../ui/text.ts';
import { StopShown } from './stopShown.ts';
import './stop.css';

/** [CTL67] The emergency stop: red, eight-sided, at least 96 px, never asks. While it is latched it says so, and stays where it is. */
export function StopButton({ isLatched, standing, onStop, isWide = false }: { readonly isLatched: boolean; readonly standing: StopStanding; readonly onStop: () => void; readonly isWide?: boolean }) {
  const { t } = useText();
  const onShown = useContext(StopShown);
  useLayoutEffect(() => onShown('stage'), [onShown]);
  return (
    // Pressed, and not clicked: a finger that slides away has pressed it all the same.
    <button type="button" className="ct-stop" data-wide={isWide} data-latched={isLatched} data-standing={standing} data-testid="control-stop" aria-label={t('probe.stopLabel')} onPointerDown={onStop} onClick={(event) => (event.detail === 0 ? onStop() : undefined)}>
      <strong>{isLatched ? t('probe.stopLatched') : standing === 'none' ? t('probe.stop') : standing === 'sending' ? t('probe.stopSending') : t('probe.stopAgain')}</strong>
      {isWide && <span>{t('probe.stopHint')}</span>}
    </button>
  );
}
