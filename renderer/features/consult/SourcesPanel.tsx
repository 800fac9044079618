import { Button, Select } from 'antd';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { SourceProfileName } from '#shared/domain/sourceProfiles';
import type { OwnSourceView } from '../../state/consultModel.ts';
import type { DeviceView } from '../../state/deviceModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useConsult, useRoom } from './roomContext.ts';
import { isCamera, offeredProfiles } from './roomView.ts';

/** This machine's cameras and sounds: each kind with its device and a switch. */
export function SourcesPanel() {
  const { t } = useText();
  const { model, devices } = useRoom();
  const ownSources = useConsult((s) => s.ownSources);
  const role = useConsult((s) => s.participants.find((participant) => participant.isSelf)?.party.role ?? 'observer');
  const state = useStore(devices.store);
  useEffect(() => devices.refresh(), [devices]);

  return (
    <section className="cr-sources" aria-label={t('sources.title')}>
      <h2>{t('sources.title')}</h2>
      <ul>
        {offeredProfiles(role).map((profile) => (
          <SourceRow
            key={profile}
            profile={profile}
            source={ownSources.find((source) => source.profile === profile)}
            options={isCamera(profile) ? state.cameras : state.microphones}
            chosen={state.chosen[profile]}
            onChoose={(deviceId, source) => {
              devices.choose(profile, deviceId);
              if (source) model.replaceDevice(source.sourceId, deviceId);
            }}
            onStart={() => model.publish(profile)}
            onStop={(source) => model.unpublish(source.sourceId)}
          />
        ))}
        <li className="cr-source">
          <span>{t('sources.speaker')}</span>
          <Select
            aria-label={t('sources.speaker')}
            value={state.chosen.speaker ?? null}
            placeholder={t('common.default')}
            options={state.speakers.map(({ deviceId, label }) => ({ value: deviceId, label }))}
            onChange={(deviceId: string) => {
              devices.choose('speaker', deviceId);
              model.setSpeaker(deviceId);
            }}
          />
          <span />
        </li>
      </ul>
      {state.permission === 'denied' && <p className="hz-muted">{t('device.permissionDenied')}</p>}
    </section>
  );
}

interface SourceRowProps {
  readonly profile: SourceProfileName;
  readonly source: OwnSourceView | undefined;
  readonly options: readonly DeviceView[];
  readonly chosen: string | undefined;
  readonly onChoose: (deviceId: string, source: OwnSourceView | undefined) => void;
  readonly onStart: () => void;
  readonly onStop: (source: OwnSourceView) => void;
}

function SourceRow({ profile, source, options, chosen, onChoose, onStart, onStop }: SourceRowProps) {
  const { t } = useText();
  const name = t(`profile.${profile}`);
  const state = source === undefined ? null : ({ starting: 'sources.starting', live: 'sources.live', deviceLost: 'sources.lost', failed: 'sources.failed' } as const)[source.state];
  return (
    <li className="cr-source" data-testid={`own-${profile}`} data-state={source?.state ?? 'off'}>
      <span>
        {name}
        {state && <small className="hz-muted">{t(state)}</small>}
      </span>
      <Select
        aria-label={t('device.cameraFor', { profile: name })}
        value={chosen ?? null}
        placeholder={options.length === 0 ? t('device.none') : t('settings.deviceAuto')}
        disabled={options.length === 0}
        options={options.map(({ deviceId, label }) => ({ value: deviceId, label }))}
        onChange={(deviceId: string) => onChoose(deviceId, source)}
      />
      {/* The microphone is muted, not stopped: only that keeps the one rule for what is heard. */}
      {profile === 'mic' && source ? (
        <span />
      ) : source ? (
        <Button onClick={() => onStop(source)} aria-label={`${t('sources.stop')} ${name}`} data-testid={`stop-${profile}`}>
          {t('sources.stop')}
        </Button>
      ) : (
        <Button onClick={onStart} aria-label={`${t('sources.start')} ${name}`} data-testid={`start-${profile}`}>
          {t('sources.start')}
        </Button>
      )}
      {source?.error && <ErrorNotice error={source.error} />}
    </li>
  );
}
