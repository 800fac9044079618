import { CheckCircleOutlined, ExclamationCircleOutlined, SoundOutlined, WarningOutlined } from '@ant-design/icons';
import { Button, Progress, Segmented, Select } from 'antd';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { hasPermission, type Role } from '#shared/domain/roles';
import type { SourceProfileName, VideoProfileName } from '#shared/domain/sourceProfiles';
import { drop } from '#shared/lib/drop';
import { bitrate } from '../../i18n/format.ts';
import type { DeviceModel, DeviceState, DeviceView } from '../../state/deviceModel.ts';
import { ErrorNotice } from '../parts/ErrorNotice.tsx';
import { LevelMeter } from '../parts/LevelMeter.tsx';
import { useText } from '../text.ts';
import './devices.css';

type CameraProfile = Exclude<VideoProfileName, 'screen'>;

/** Which cameras somebody of a role looks at first. */
export function camerasOf(role: Role): readonly CameraProfile[] {
  if (!hasPermission(role, 'media.publish')) return [];
  return role === 'cart' || role === 'bedside' ? ['field', 'ultrasound', 'face'] : ['face', 'field'];
}

function DeviceSelect(props: { readonly model: DeviceModel; readonly state: DeviceState; readonly profile: SourceProfileName | 'speaker'; readonly options: readonly DeviceView[]; readonly label: string }) {
  const { t } = useText();
  return (
    <Select
      aria-label={props.label}
      value={props.state.chosen[props.profile] ?? null}
      placeholder={t(props.options.length === 0 ? 'device.none' : 'settings.deviceAuto')}
      disabled={props.options.length === 0}
      options={props.options.map(({ deviceId, label }) => ({ value: deviceId, label }))}
      onChange={(deviceId: string) => props.model.choose(props.profile, deviceId)}
      style={{ width: '100%' }}
      data-testid={`device-${props.profile}`}
    />
  );
}

/** One camera at a time, seen before anybody else sees it. `onPicture`: an image of it is on the screen. */
export function CameraCard({ model, state, profiles, onPicture }: { readonly model: DeviceModel; readonly state: DeviceState; readonly profiles: readonly CameraProfile[]; readonly onPicture?: () => void }) {
  const { t } = useText();
  const [profile, setProfile] = useState<CameraProfile>(profiles[0] ?? 'face');
  const video = useRef<HTMLVideoElement>(null);
  const stream = state.preview?.profile === profile ? state.preview.stream : null;
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = stream;
    if (stream) drop(element.play(), 'overtaken by the next stream');
  }, [stream]);
  return (
    <section className="hz-card dc-card dc-camera">
      <h2>{t('device.camera')}</h2>
      {profiles.length > 1 && (
        <Segmented
          block
          aria-label={t('device.camera')}
          value={profile}
          onChange={(next) => {
            setProfile(next);
            if (state.preview) model.startPreview(next);
          }}
          options={profiles.map((one) => ({ value: one, label: t(`profile.${one}`) }))}
        />
      )}
      <DeviceSelect model={model} state={state} profile={profile} options={state.cameras} label={t('device.cameraFor', { profile: t(`profile.${profile}`) })} />
      <div className="dc-preview">
        <video ref={video} muted playsInline autoPlay onLoadedData={onPicture} aria-label={t('device.previewOf', { profile: t(`profile.${profile}`) })} data-testid="preview-video" data-mirrored={profile === 'face'} />
        {!stream && <span>{t('device.previewOff')}</span>}
      </div>
      <Button onClick={() => (stream ? model.stopPreview() : model.startPreview(profile))} disabled={state.cameras.length === 0} data-testid="preview-toggle">
        {t(stream ? 'device.previewStop' : 'device.previewStart')}
      </Button>
    </section>
  );
}

/** The microphones, and how loud they hear. */
export function MicCard({ model, state, hasClinical }: { readonly model: DeviceModel; readonly state: DeviceState; readonly hasClinical: boolean }) {
  const { t } = useText();
  const [isTesting, setTesting] = useState(false);
  return (
    <section className="hz-card dc-card">
      <h2>{t('device.microphone')}</h2>
      <DeviceSelect model={model} state={state} profile="mic" options={state.microphones} label={t('device.microphoneFor', { profile: t('profile.mic') })} />
      {hasClinical && (
        <>
          <span className="hz-muted">{t('profile.clinicalAudio')}</span>
          <DeviceSelect model={model} state={state} profile="clinicalAudio" options={state.microphones} label={t('device.microphoneFor', { profile: t('profile.clinicalAudio') })} />
        </>
      )}
      <LevelMeter level={isTesting ? state.micLevel : 0} label={t('device.micLevel')} />
      <p className="hz-muted hz-small">{t('device.micHint')}</p>
      <Button
        onClick={() => {
          if (isTesting) model.stopMicTest();
          else model.startMicTest();
          setTesting(!isTesting);
        }}
        disabled={state.microphones.length === 0}
        data-testid="mic-test"
      >
        {t(isTesting ? 'device.micStop' : 'device.micStart')}
      </Button>
    </section>
  );
}

/** Where sound comes out, with a tone to try it. */
export function SpeakerCard({ model, state }: { readonly model: DeviceModel; readonly state: DeviceState }) {
  const { t } = useText();
  return (
    <section className="hz-card dc-card">
      <h2>{t('device.speaker')}</h2>
      <DeviceSelect model={model} state={state} profile="speaker" options={state.speakers} label={t('device.speaker')} />
      <p className="hz-muted hz-small">{t('device.toneHint')}</p>
      <Button icon={<SoundOutlined />} onClick={model.playTestTone} data-testid="test-tone">
        {t('device.tone')}
      </Button>
    </section>
  );
}

const ADVICE_ICONS: Readonly<Record<'good' | 'fair' | 'poor', ReactNode>> = { good: <CheckCircleOutlined />, fair: <ExclamationCircleOutlined />, poor: <WarningOutlined /> };

/** The line to the server: round trip, loss, and what goes up and down. */
export function NetworkCard({ model, network }: { readonly model: DeviceModel; readonly network: DeviceState['network'] }) {
  const { t } = useText();
  return (
    <section className="hz-card dc-card" aria-live="polite" data-testid="network-check" data-step={network.step}>
      <h2>{t('device.network')}</h2>
      {network.step === 'idle' && <p className="hz-muted">{t('network.idle')}</p>}
      {network.step === 'running' && (
        <div>
          <p>{t(`network.phase.${network.phase}`)}</p>
          <Progress percent={Math.round(network.progress * 100)} aria-label={t(`network.phase.${network.phase}`)} />
        </div>
      )}
      {network.step === 'failed' && <ErrorNotice error={network.error} />}
      {network.step === 'done' && (
        <>
          <p className="dc-advice" data-advice={network.advice}>
            {ADVICE_ICONS[network.advice]} <span>{t(`network.advice.${network.advice}`)}</span>
          </p>
          <dl className="dc-values">
            {(
              [
                [t('network.roundTrip'), `${Math.round(network.result.roundTripMs)} ms`],
                [t('network.jitter'), `${network.result.jitterMs.toFixed(1)} ms`],
                [t('network.loss'), `${network.result.lossPercent.toFixed(1)} %`],
                [t('network.down'), bitrate(network.result.downBps)],
                [t('network.up'), bitrate(network.result.upBps)],
                [t('network.transport'), t(`network.transport.${network.result.transport}`)],
              ] as const
            ).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {network.step !== 'running' && (
        <Button type={network.step === 'idle' ? 'primary' : 'default'} onClick={model.runNetworkCheck} data-testid="network-start">
          {t(network.step === 'idle' ? 'network.start' : 'network.again')}
        </Button>
      )}
    </section>
  );
}
