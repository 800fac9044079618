import { Button } from 'antd';
import { useContext, useLayoutEffect } from 'react';
import type { ControlStatus } from '#shared/control/status';
import type { StopStanding } from '../../services/control/repeatedStop.ts';
import { useText } from '../../ui/text.ts';
import { StopNotice } from './StopNotice.tsx';
import { StopShown } from './stopShown.ts';
import './stop.css';

export interface ControlBannerProps {
  /** Null: no device is offered just now, and a stop for it is still on its way. */
  readonly status: ControlStatus | null;
  readonly isMoving: boolean;
  readonly standing: StopStanding;
  readonly isBeside: boolean;
  readonly nameOf: (peerId: string) => string;
  readonly onStop: () => void;
  readonly onTakeBack: () => void;
  readonly onOpen: (() => void) | null;
}

/** [CTL74] For everybody else in the room, and wherever console or bedside screen is not there: who steers, and a stop. */
export function ControlBanner({ status, isMoving, standing, isBeside, nameOf, onStop, onTakeBack, onOpen }: ControlBannerProps) {
  const { t } = useText();
  const onShown = useContext(StopShown);
  useLayoutEffect(() => onShown('banner'), [onShown]);
  const isStopped = status?.isStopLatched === true;
  const lease = status?.lease ?? null;
  const text = status === null ? t('probe.notOffered') : isStopped ? t('probe.line.stopped', { name: status.stoppedBy === null ? '' : nameOf(status.stoppedBy) }) : lease === null ? t('probe.nobody') : t('probe.steeredBy', { name: lease.name });
  return (
    <>
      <div className="ct-banner" data-moving={isMoving} data-stopped={isStopped} role="status" data-testid="control-banner">
        <p className="hz-grow">
          <strong>{text}</strong>
          {lease !== null && !isStopped && <span> · {t(`probe.mode.${lease.mode}`)}{isMoving ? ` · ${t('probe.movingNow')}` : ''}</span>}
        </p>
        {onOpen && <Button onClick={onOpen}>{t('probe.openConsole')}</Button>}
        <button type="button" className="ct-banner-stop" onPointerDown={onStop} onClick={(event) => (event.detail === 0 ? onStop() : undefined)} data-testid="banner-stop" aria-label={t('probe.stopLabel')}>
          {isStopped ? t('probe.stopLatched') : standing === 'none' ? t('probe.stop') : standing === 'sending' ? t('probe.stopSending') : t('probe.stopAgain')}
        </button>
      </div>
      {!isStopped && <StopNotice standing={standing} isBeside={isBeside} onTakeBack={onTakeBack} />}
    </>
  );
}
