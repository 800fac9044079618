import { CheckCircleOutlined, CloseCircleOutlined, MinusCircleOutlined } from '@ant-design/icons';
import { Button, Checkbox, Input, Select } from 'antd';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { REHEARSAL_FAILURES, REHEARSAL_LEAST_DOWN_BPS, REHEARSAL_LEAST_UP_BPS, REHEARSAL_MOST_LOSS_RATIO, REHEARSAL_MOST_ROUND_TRIP_MS, type RehearsalFailure, rehearsalFailures } from '#shared/domain/consultation/rehearsalLimits';
import { sitesOf } from '#shared/domain/consultation/takeStep';
import type { ConsultId, ConsultRequestId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { bitrate, clockTime, fullName } from '../../i18n/format.ts';
import { figuresOf, HEARD_LEVEL, type RehearsalModel } from '../../state/schedule/rehearsalModel.ts';
import { CameraCard, camerasOf, MicCard, NetworkCard, SpeakerCard } from '../../ui/devices/DeviceCards.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { RehearsalTable, rehearsalFigure } from '../../ui/parts/RehearsalTable.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import './rehearsal.css';

export interface RehearsalProps {
  readonly model: RehearsalModel;
  readonly requestId: ConsultRequestId;
  readonly self: Party;
  readonly onBack: () => void;
  /** Null for those who cannot enter a room. */
  readonly onOpenRoom: ((consultId: ConsultId) => void) | null;
}

const LIMITS: Readonly<Record<RehearsalFailure, string>> = { picture: '', sound: '', up: bitrate(REHEARSAL_LEAST_UP_BPS), down: bitrate(REHEARSAL_LEAST_DOWN_BPS), roundTrip: String(REHEARSAL_MOST_ROUND_TRIP_MS), loss: String(REHEARSAL_MOST_LOSS_RATIO * 100) };

/** 联调: what this site shows, hears and carries, checked one by one and kept with the request. */
export default function Rehearsal({ model, requestId, self, onBack, onOpenRoom }: RehearsalProps) {
  const { t, language } = useText();
  const { devices } = model;
  const state = useStore(model.store);
  const device = useStore(devices.store);
  const { wallMs } = useNow(30_000);
  useEffect(() => {
    devices.refresh();
    return model.open(requestId, self.id);
  }, [model, devices, requestId, self.id]);
  const { detail, partyId } = state;
  const appointment = detail?.request.appointment ?? null;
  const figures = useMemo(() => figuresOf(state, device.network), [state, device.network]);
  const failures = rehearsalFailures(figures);
  const cameras = camerasOf(self.role);
  const site = detail?.parties.find(({ id }) => id === partyId);

  return (
    <div className="hz-page">
      <div className="hz-page-head">
        <h1>{t('rehearse.title')}</h1>
        {site && appointment && <span>{t('rehearse.of', { site: fullName(site, language), time: clockTime(appointment.startsAtMs, wallMs, language) })}</span>}
        {appointment && onOpenRoom && <Button onClick={() => onOpenRoom(appointment.consultId)}>{t('rehearse.openRoom')}</Button>}
        <Button onClick={onBack}>{t('common.back')}</Button>
      </div>
      {state.error && <ErrorNotice error={state.error} />}
      {device.error && <ErrorNotice error={device.error} action={<Button onClick={devices.refresh}>{t('common.retry')}</Button>} />}
      {detail && appointment === null && <p className="hz-empty">{t('rehearse.notScheduled')}</p>}
      {detail === null && state.error === null && <p role="status">{t('common.loading')}</p>}
      {detail && appointment && (
        <>
          <ol className="rh-steps" aria-label={t('rehearse.steps')}>
            {REHEARSAL_FAILURES.map((what) => {
              const isOpen = what === 'picture' || what === 'sound' ? !(what === 'picture' ? figures.hasPicture : figures.hasSound) : device.network.step !== 'done';
              const hasFailed = failures.includes(what);
              return (
                <li key={what} data-state={isOpen ? 'open' : hasFailed ? 'failed' : 'passed'} data-testid={`step-${what}`}>
                  {isOpen ? <MinusCircleOutlined /> : hasFailed ? <CloseCircleOutlined /> : <CheckCircleOutlined />}
                  <span>
                    <strong>{t(`rehearse.step.${what}`)}</strong> {isOpen ? t('rehearse.open') : rehearsalFigure(figures, what, t)}
                    <span className="hz-small">{t(`rehearse.need.${what}`, { limit: LIMITS[what] })}</span>
                  </span>
                </li>
              );
            })}
          </ol>
          <div className="dc-columns">
            {cameras.length > 0 && <CameraCard model={devices} state={device} profiles={cameras} onPicture={model.pictureSeen} />}
            <div className="hz-column">
              <MicCard model={devices} state={device} hasClinical={self.role === 'cart' || self.role === 'bedside'} />
              <EchoCard model={model} />
              <SpeakerCard model={devices} state={device} />
            </div>
            <div className="hz-column">
              <NetworkCard model={devices} network={device.network} />
              <section className="hz-card dc-card">
                {!sitesOf(appointment).includes(self.id) && (
                  <label className="rh-field">
                    {t('rehearse.site')}
                    <Select value={partyId} placeholder={t('rehearse.site')} onChange={model.chooseSite} options={sitesOf(appointment).map((id) => { const party = detail.parties.find((one) => one.id === id); return { value: id, label: party ? fullName(party, language) : id }; })} data-testid="site" />
                    <span className="hz-small hz-muted">{t('rehearse.siteHelp')}</span>
                  </label>
                )}
                <label className="rh-field">
                  {t('rehearse.note')}
                  <Input.TextArea rows={2} maxLength={400} value={state.note} onChange={({ target }) => model.setNote(target.value)} />
                </label>
                <Button type="primary" size="large" loading={state.isSaving} disabled={partyId === null || device.network.step === 'running' || state.echo === 'listening'} onClick={() => void model.save()} data-testid="rehearse-save">
                  {t('rehearse.save')} · {t(failures.length === 0 ? 'rehearse.passed' : 'rehearse.failed')}
                </Button>
                {state.isSaved && <p role="status" className="rh-saved"><CheckCircleOutlined /> {t('rehearse.saved')}</p>}
              </section>
            </div>
          </div>
          <RehearsalTable detail={detail} nowMs={wallMs} />
        </>
      )}
    </div>
  );
}

/** Whether this site's microphone hears its own speaker, and whether the person hears it at all. */
function EchoCard({ model }: { readonly model: RehearsalModel }) {
  const { t } = useText();
  const { echo, loudest, hasHeardTone } = useStore(model.store);
  const isMicOn = useStore(model.devices.store, (s) => s.micLevel > 0);
  const hasHeard = loudest >= HEARD_LEVEL;
  return (
    <section className="hz-card dc-card" aria-live="polite" data-testid="echo-card">
      <h2>{t('rehearse.echo')}</h2>
      <p data-good={hasHeard} className="rh-line">{hasHeard ? <CheckCircleOutlined /> : <MinusCircleOutlined />} {t(hasHeard ? 'rehearse.heardSpeech' : 'rehearse.silent')}</p>
      <p data-good={echo === 'clear'} data-bad={echo === 'heard'} className="rh-line">{echo === 'clear' ? <CheckCircleOutlined /> : echo === 'heard' ? <CloseCircleOutlined /> : <MinusCircleOutlined />} {t(`rehearse.echo.${echo}`)}</p>
      {!isMicOn && <p className="hz-small hz-muted">{t('rehearse.echoNeedsMic')}</p>}
      <Button onClick={model.startEchoTest} disabled={!isMicOn || echo === 'listening'} loading={echo === 'listening'} data-testid="echo-start">
        {t('rehearse.echoStart')}
      </Button>
      <Checkbox checked={hasHeardTone} onChange={({ target }) => model.setHeardTone(target.checked)} data-testid="heard-tone">
        {t('rehearse.heardTone')}
      </Checkbox>
    </section>
  );
}
