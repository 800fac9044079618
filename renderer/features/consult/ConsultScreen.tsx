import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, EyeInvisibleOutlined } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import { type ReactNode, useEffect, useLayoutEffect } from 'react';
import { useStore } from 'zustand';
import type { ConsultId } from '#shared/domain/ids';
import type { AppError } from '#shared/protocol/errors';
import type { ClosedReason, ConsultModel } from '../../state/consultModel.ts';
import type { DeviceModel } from '../../state/deviceModel.ts';
import { duration } from '../../i18n/format.ts';
import { ErrorBoundary } from '../../ui/parts/ErrorBoundary.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { Room, type RoomControl, type RoomImaging } from './Room.tsx';
import './consult.css';

export interface ConsultScreenProps {
  readonly model: ConsultModel;
  readonly devices: DeviceModel;
  readonly consultId: ConsultId;
  readonly isCart: boolean;
  /** The patient's file for the side panel; null for who may not read it. */
  readonly casePanel: ReactNode;
  /** The case's images, read together; null: no such tab. */
  readonly imaging: RoomImaging | null;
  /** Remote control of a probe. */
  readonly control: RoomControl;
  /** Agenda, presence, minutes; null: no such tab. */
  readonly minutesPanel: ReactNode;
  /** The screen that `onBack` leads to, as its button names it. */
  readonly backTo: 'worklist' | 'requests' | 'rehearsal';
  readonly onBack: () => void;
}

/** A consult from joining to leaving. Going away from this screen is leaving the room. */
export function ConsultScreen({ model, devices, consultId, isCart, casePanel, imaging, control, minutesPanel, backTo, onBack }: ConsultScreenProps) {
  const phase = useStore(model.store, (s) => s.phase);
  const title = useStore(model.store, (s) => s.title);
  const isServerFull = useStore(model.store, (s) => s.isServerFull);
  const closedReason = useStore(model.store, (s) => s.closedReason);
  const error = useStore(model.store, (s) => s.error);

  // Before the first paint: what is left of the last consult is not shown for a moment.
  useLayoutEffect(() => {
    model.join(consultId);
    return () => {
      const { phase: last } = model.store.getState();
      if (last === 'joining' || last === 'waiting' || last === 'inRoom') model.leave();
    };
  }, [model, consultId]);
  // Who left on purpose needs no page that says so.
  useEffect(() => {
    const now = model.store.getState();
    if (now.phase === 'closed' && now.closedReason === 'left') onBack();
  }, [model, phase, closedReason, onBack]);

  switch (phase) {
    case 'idle':
    case 'joining':
      return isServerFull ? <ServerFull onCancel={onBack} /> : <Joining onBack={onBack} />;
    case 'waiting':
      return (
        <WaitingRoom title={title} onLeave={() => model.leave()} />
      );
    case 'inRoom':
      // What fails in there fails in there: who leaves this screen leaves the room, and the stop with it.
      return <ErrorBoundary><Room model={model} devices={devices} isCart={isCart} casePanel={casePanel} imaging={imaging} control={control} minutesPanel={minutesPanel} /></ErrorBoundary>;
    case 'closed':
      if (closedReason === 'left') return null;
      return <Closed reason={closedReason ?? 'failed'} title={title} error={error} backTo={backTo} onBack={onBack} onAgain={() => model.join(consultId)} />;
  }
}

function Joining({ onBack }: { readonly onBack: () => void }) {
  const { t } = useText();
  return (
    <div className="cr-room cr-joining" aria-busy="true" data-testid="joining-screen">
      <header className="cr-status">
        <h1>
          <span role="status">{t('consult.joining')}</span>
        </h1>
        <Button onClick={onBack}>{t('common.back')}</Button>
      </header>
      <main className="cr-centre">
        <div className="cr-stage" />
        <div className="cr-strip cr-strip-skeleton">
          {[0, 1, 2].map((index) => (
            <Skeleton.Node key={index} active style={{ width: 170, height: 96 }} />
          ))}
        </div>
      </main>
    </div>
  );
}

/** The way in is asked for again by itself: nothing to do but wait, or go elsewhere. */
function ServerFull({ onCancel }: { readonly onCancel: () => void }) {
  const { t } = useText();
  return (
    <main className="cr-door" data-testid="server-full-screen">
      <ClockCircleOutlined />
      <h1>{t('serverFull.title')}</h1>
      <p role="status">{t('serverFull.text')}</p>
      <Button size="large" onClick={onCancel} data-testid="server-full-cancel">
        {t('common.cancel')}
      </Button>
    </main>
  );
}

function WaitingRoom({ title, onLeave }: { readonly title: string; readonly onLeave: () => void }) {
  const { t } = useText();
  return (
    <main className="cr-door" data-testid="waiting-screen">
      <ClockCircleOutlined />
      <h1>{t('waitingRoom.title')}</h1>
      {title !== '' && <p className="cr-door-title">{title}</p>}
      <p role="status">{t('waitingRoom.text')}</p>
      <p className="hz-muted">
        <EyeInvisibleOutlined /> {t('waitingRoom.privacy')}
      </p>
      <Button size="large" onClick={onLeave}>
        {t('waitingRoom.leave')}
      </Button>
    </main>
  );
}

const CAN_RETURN: Readonly<Record<ClosedReason, boolean>> = { left: true, removed: false, ended: false, takenOver: true, sessionEnded: false, turnedAway: false, failed: true };

function Closed(props: { readonly reason: ClosedReason; readonly title: string; readonly error: AppError | null; readonly backTo: ConsultScreenProps['backTo']; readonly onBack: () => void; readonly onAgain: () => void }) {
  const { t, language } = useText();
  const { reason, error } = props;
  const opensIn = error?.code === 'consult.notOpen' && error.retryAfterMs !== undefined ? t('closed.opensIn', { duration: duration(error.retryAfterMs, language) }) : null;
  const isCalm = reason === 'left' || reason === 'ended';
  return (
    <main className="cr-door" data-testid="closed-screen" data-reason={reason}>
      {isCalm ? <CheckCircleOutlined /> : <CloseCircleOutlined />}
      <h1>{t(`closed.${reason}`)}</h1>
      {props.title !== '' && <p className="cr-door-title">{props.title}</p>}
      {reason === 'failed' && error ? <ErrorNotice error={error} {...(opensIn === null ? {} : { text: opensIn })} /> : <p>{t(`closed.text.${reason}`)}</p>}
      <div className="hz-row-wrap">
        {CAN_RETURN[reason] && (
          <Button size="large" onClick={props.onAgain} data-testid="join-again">
            {t(reason === 'takenOver' ? 'closed.takeBack' : reason === 'failed' ? 'common.retry' : 'closed.again')}
          </Button>
        )}
        <Button type="primary" size="large" onClick={props.onBack} autoFocus data-testid="closed-back">
          {t(`closed.back.${props.backTo}`)}
        </Button>
      </div>
    </main>
  );
}
